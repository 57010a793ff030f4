import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { LinkGrounds } from '../domain/identity/link-grounds.ts';
import type { Decider } from './identity-mark.ts';
import { identityEventKey, type SourceRef } from './keys.ts';
import type { Link } from './person.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, type Write } from './transaction.ts';

/**
 * What happened to an identity. Two persons take part in most: `merged-into` and `merged-from`, `unmerged-from` (the person
 * is their own again) and `unmerged` (the survivor gave them back), `record-moved-to` and `record-moved-from`, and
 * `kept-apart` in both. Of a record alone, a steward can say that a doubtful message is the person's (`message-accepted`),
 * or that it is not (`kept-apart`).
 */
export type IdentityEventKind =
  | 'created'
  | 'linked'
  | 'merged-into'
  | 'merged-from'
  | 'unmerged-from'
  | 'unmerged'
  | 'record-moved-to'
  | 'record-moved-from'
  | 'message-accepted'
  | 'kept-apart';

/** A change of identity as the ledger of each person in it holds it. */
export interface NewIdentityEvent {
  readonly event: IdentityEventKind;
  /** The other person. */
  readonly otherPersonId?: string;
  /** The source records that changed hands. */
  readonly sources?: readonly SourceRef[];
  /** Who decided; absent when the machine did. */
  readonly decidedBy?: Decider;
  readonly comment?: string;
  /** The message (MSH-10 of HL7 v2) in which an organisation said that two of its records are one. */
  readonly messageId?: string;
  /** The one source record that was linked, and how. */
  readonly source?: SourceRef;
  readonly how?: Link['how'];
  /** Why the machine decided so. */
  readonly policyVersion?: string;
  readonly score?: number;
  readonly grounds?: LinkGrounds;
}

/** A stored {@link NewIdentityEvent}, or the link that a registration made, with its own fields. */
export interface IdentityEvent extends NewIdentityEvent {
  /** ULID: sorts by time. */
  readonly id: string;
  /** ISO 8601 UTC instant. */
  readonly at: string;
}

/** The write that adds an event to a person's ledger. */
export function recordIdentityEvent(
  store: Store,
  personId: string,
  event: NewIdentityEvent,
): Write<'person-changed'> {
  const id = store.newId();
  const item = {
    ...identityEventKey(personId, id),
    type: 'IdentityEvent',
    schemaVersion,
    id,
    at: instant(store),
  };
  return putNew(store.recordTable, { ...item, ...event }, 'person-changed');
}

/** One page of a person's ledger, newest first, from behind the event `after`; `last` when there may be more. */
export async function listIdentityEvents(
  store: Store,
  personId: string,
  limit: number,
  after?: string,
): Promise<{ events: IdentityEvent[]; last?: string }> {
  const { PK, SK: prefix } = identityEventKey(personId, '');
  const page = await store.client.send(
    new QueryCommand({
      TableName: store.recordTable,
      ConsistentRead: true,
      KeyConditionExpression: 'PK = :person AND begins_with(SK, :events)',
      ExpressionAttributeValues: { ':person': PK, ':events': prefix },
      ScanIndexForward: false,
      Limit: limit,
      ...(after && { ExclusiveStartKey: identityEventKey(personId, after) }),
    }),
  );
  const events = (page.Items ?? []) as IdentityEvent[];
  const last = page.LastEvaluatedKey && events.at(-1)?.id;
  return {
    events,
    ...(last && { last }),
  };
}
