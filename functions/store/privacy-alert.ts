import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { PrivacyRule } from '../domain/audit/privacy-rules.ts';
import { agentPseudonym } from './agent-entry.ts';
import { batchGet } from './batch-get.ts';
import type { Decider } from './identity-mark.ts';
import { agentHourKey, alertListKey, privacyAlertKey } from './keys.ts';
import { queryList } from './query-list.ts';
import { pseudonym } from './region-keys.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, putVersion, type Write } from './transaction.ts';

/** What a privacy officer can make of an alert. */
export const alertOutcomes = ['justified', 'passed-on'] as const;

/** See {@link alertOutcomes}. */
export type AlertOutcome = (typeof alertOutcomes)[number];

/** A look to be asked about. It names the audit entry and no patient: who that was is audited when it is looked up. */
export interface NewPrivacyAlert {
  readonly rule: PrivacyRule;
  /** Who looked, and for which organisation: as in the entry. */
  readonly subject: string;
  readonly organisation: string;
  /** When the look happened that raised it. */
  readonly at: string;
  /** The audit entry's id. */
  readonly entryId: string;
  /** False where the look was refused. */
  readonly succeeded: boolean;
}

/** A stored {@link NewPrivacyAlert}. */
export interface PrivacyAlert extends NewPrivacyAlert {
  readonly id: string;
  readonly status: 'open' | 'reviewed';
  readonly version: number;
  readonly review?: {
    readonly outcome: AlertOutcome;
    readonly at: string;
    readonly by: Decider;
    readonly comment?: string;
  };
}

/** The id of an alert: the same rule about the same user and `matter` (a person and day, an hour) is one alert. */
export function privacyAlertId({ keys }: Store, rule: PrivacyRule, subject: string, matter: string): string {
  return pseudonym(keys, 'privacy-alert', `${rule} ${subject} ${matter}`);
}

/** The writes that put an alert on the list; `alert-known` when there is one of this id, open or reviewed. */
export function raiseAlert(store: Store, id: string, alert: NewPrivacyAlert): Write<'alert-known'>[] {
  const item: PrivacyAlert = { ...alert, id, status: 'open', version: 1 };
  return [
    putNew(
      store.recordTable,
      { ...privacyAlertKey(id), type: 'PrivacyAlert', schemaVersion, ...item },
      'alert-known',
    ),
    listing(store, 'open', alert.at, id),
  ];
}

function listing(store: Store, status: PrivacyAlert['status'], at: string, alertId: string): Write<never> {
  const Item = { ...alertListKey(status, at, alertId), type: 'PrivacyAlertListing', schemaVersion, alertId };
  return { item: { Put: { TableName: store.recordTable, Item } } };
}

/** One alert; undefined when there is none. */
export async function getPrivacyAlert(store: Store, id: string): Promise<PrivacyAlert | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: privacyAlertKey(id), ConsistentRead: true }),
  );
  return Item as PrivacyAlert | undefined;
}

/** The writes that settle an alert and move it to the other list; `alert-changed` when somebody else was faster. */
export function reviewAlert(
  store: Store,
  alert: PrivacyAlert,
  review: Omit<NonNullable<PrivacyAlert['review']>, 'at'>,
): Write<'alert-changed'>[] {
  const at = instant(store);
  const { at: raisedAt, id, version } = alert;
  const item = {
    ...privacyAlertKey(id),
    ...{ type: 'PrivacyAlert', schemaVersion, ...alert },
    ...{ status: 'reviewed', version: version + 1, review: { ...review, at } },
  };
  return [
    putVersion(store.recordTable, item, version, 'alert-changed'),
    { item: { Delete: { TableName: store.recordTable, Key: alertListKey('open', raisedAt, id) } } },
    listing(store, 'reviewed', at, id),
  ];
}

/** One page of a list, newest first, from behind `after` (a sort key); `last` when there may be more. */
export async function listAlerts(
  store: Store,
  status: PrivacyAlert['status'],
  limit: number,
  after?: string,
): Promise<{ alerts: PrivacyAlert[]; last?: string }> {
  const { PK } = alertListKey(status, '', '');
  const { items: listed, last } = await queryList<{ alertId: string }>(store, PK, {
    limit,
    after,
    newestFirst: true,
  });
  const found = await batchGet<PrivacyAlert>(
    store,
    listed.map(({ alertId }) => privacyAlertKey(alertId)),
  );
  const byId = new Map(found.map((alert) => [alert.id, alert]));
  return { alerts: listed.flatMap(({ alertId }) => byId.get(alertId) ?? []), ...(last && { last }) };
}

/** What a user did with whom in an hour. */
export interface PatientsOfHour {
  readonly subject: string;
  readonly what: 'opened' | 'found';
  readonly hour: string;
  readonly personIds: ReadonlySet<string>;
}

/** Seconds for which the patients of an hour are kept. */
const hourKeptSeconds = 2 * 24 * 3600;

/**
 * Adds people whose records a user opened, or whom they found, in an hour (`YYYY-MM-DDTHH`), and gives how many different ones
 * there are by now. Once they are more than `most`, none is added: an item must not grow with a harvest.
 */
export async function addPatientsOfHour(
  store: Store,
  { hour, personIds, subject, what }: PatientsOfHour,
  most: number,
): Promise<number> {
  // No identifier of a patient stands here, as in every item that is no part of a record.
  const patients = new Set([...personIds].slice(0, most + 1).map((id) => pseudonym(store.keys, 'hour', id)));
  try {
    const { Attributes } = await store.client.send(
      new UpdateCommand({
        TableName: store.recordTable,
        Key: agentHourKey(agentPseudonym(store.keys, subject), what, hour),
        UpdateExpression:
          'SET #type = :type, schemaVersion = :schema, expiresAt = :expires ADD patients :patients',
        ConditionExpression: 'attribute_not_exists(PK) OR size(patients) <= :most',
        ExpressionAttributeNames: { '#type': 'type' },
        ExpressionAttributeValues: {
          ':type': 'AgentHour',
          ':schema': schemaVersion,
          ':expires': Math.floor(store.now().getTime() / 1000) + hourKeptSeconds,
          ':patients': patients,
          ':most': most,
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return (Attributes?.patients as Set<string> | undefined)?.size ?? 0;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return most + 1;
    throw error;
  }
}
