import { GetCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Column, Scope, StaffRecord, Tally } from '../domain/audit/usage.ts';
import type { Counts } from '../domain/audit/usage-report.ts';
import { agentPartition } from './agent-entry.ts';
import { batchGet } from './batch-get.ts';
import { usageGenerationKey, usageKey, usageMonthsPartition } from './keys.ts';
import { queryAll } from './query-all.ts';
import { type Store, schemaVersion } from './store.ts';
import { putVersion, type Write } from './transaction.ts';

/**
 * Which set of counters is in use. A rebuild fills the next one while entries are counted in both, and then takes it into use.
 */
export interface UsageGeneration {
  readonly current: number;
  readonly building?: number;
}

/** The generations as they are now, strongly consistent: an entry that is written after a rebuild began is in its set. */
export async function readUsageGeneration({ client, recordTable }: Store): Promise<UsageGeneration> {
  const { Item } = await client.send(
    new GetCommand({ TableName: recordTable, Key: usageGenerationKey, ConsistentRead: true }),
  );
  return Item ? (Item as UsageGeneration) : { current: 1 };
}

/** The write that begins a rebuild, or ends one; `generation-changed` when somebody else did either meanwhile. */
export function putUsageGeneration(
  store: Store,
  { building, current }: UsageGeneration,
  before: UsageGeneration,
): Write<'generation-changed'> {
  return {
    item: {
      Put: {
        TableName: store.recordTable,
        Item: {
          ...usageGenerationKey,
          type: 'UsageGeneration',
          schemaVersion,
          current,
          ...(building && { building }),
        },
        ConditionExpression:
          'attribute_not_exists(PK) OR (#current = :current AND (building = :building OR (attribute_not_exists(building) AND :building = :none)))',
        ExpressionAttributeNames: { '#current': 'current' },
        ExpressionAttributeValues: {
          ':current': before.current,
          ':building': before.building ?? 0,
          ':none': 0,
        },
      },
    },
    otherwise: 'generation-changed',
  };
}

/** What is kept of one member of staff, and the versions of the items in which it is kept. */
export interface StoredStaff {
  readonly record: StaffRecord;
  readonly versions: Map<string, number>;
  /** {@link staffItems} as they were read, to tell what changed. */
  readonly before: ReadonlyMap<string, string>;
}

/** Reads the records of staff (pseudonyms) for the given months. */
export async function readStaff(
  store: Store,
  generation: number,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Map<string, StoredStaff>> {
  const found = await batchGet<{ PK: string; SK: string; places: unknown; version: number }>(
    store,
    [...wanted].flatMap(([staff, months]) =>
      ['EVER', ...months].map((SK) => ({ PK: agentPartition(generation, staff), SK })),
    ),
  );
  return new Map(
    [...wanted].map(([staff, months]) => {
      const PK = agentPartition(generation, staff);
      const own = new Map(found.filter((item) => item.PK === PK).map((item) => [item.SK, item]));
      const record: StaffRecord = {
        months: new Map(
          [...months].map((month) => [month, new Set((own.get(month)?.places ?? []) as string[])]),
        ),
        first: new Map(Object.entries((own.get('EVER')?.places ?? {}) as Record<string, string>)),
      };
      return [
        staff,
        {
          record,
          versions: new Map([...own].map(([SK, { version }]) => [SK, version])),
          before: staffItems(record),
        },
      ];
    }),
  );
}

/** The items of a staff record by sort key, each as JSON of its places. */
function staffItems({ first, months }: StaffRecord): Map<string, string> {
  return new Map([
    ...[...months].map(([month, places]) => [month, JSON.stringify([...places])] as const),
    ['EVER', JSON.stringify(Object.fromEntries(first))] as const,
  ]);
}

/** The writes that bring the items of changed staff records up to date; `raced` when another batch was faster. */
export function putStaff(
  store: Store,
  generation: number,
  staff: ReadonlyMap<string, StoredStaff>,
): Write<'raced'>[] {
  return [...staff].flatMap(([name, { before, record, versions }]) =>
    [...staffItems(record)]
      .filter(([SK, places]) => before.get(SK) !== places)
      .map(([SK, places]) => {
        const version = versions.get(SK) ?? 0;
        const Item = {
          ...{ PK: agentPartition(generation, name), SK, type: 'UsageStaff', schemaVersion },
          places: JSON.parse(places),
          version: version + 1,
        };
        return putVersion(store.recordTable, Item, version, 'raced');
      }),
  );
}

type Update = NonNullable<NonNullable<TransactWriteCommandInput['TransactItems']>[number]['Update']>;

/** The writes that add a tally to the counters. */
export function addTally(store: Store, generation: number, tally: Tally): Write<never>[] {
  return [...tally].flatMap(([month, scopes]) =>
    [...scopes].map(([scope, columns]) => ({
      item: { Update: addColumns(store, generation, month, scope, columns) },
    })),
  );
}

function addColumns(
  { recordTable }: Store,
  generation: number,
  month: string,
  scope: Scope,
  columns: ReadonlyMap<Column, number>,
): Update {
  const numbered = [...columns].map(([column, change], index) => ({ column, change, index }));
  return {
    TableName: recordTable,
    Key: usageKey(generation, month, scope),
    UpdateExpression: `SET #type = :type, schemaVersion = :schema ADD ${numbered.map(({ index }) => `#c${index} :c${index}`).join(', ')}`,
    ExpressionAttributeNames: {
      '#type': 'type',
      ...Object.fromEntries(numbered.map(({ column, index }) => [`#c${index}`, column])),
    },
    ExpressionAttributeValues: {
      ':type': 'UsageCount',
      ':schema': schemaVersion,
      ...Object.fromEntries(numbered.map(({ change, index }) => [`:c${index}`, change])),
    },
  };
}

/** The months that have any views, up to one, in their order. */
export async function listUsageMonths(store: Store, generation: number, until: string): Promise<string[]> {
  const items = await queryAll<{ SK: string }>(store, {
    KeyConditionExpression: 'PK = :months AND SK <= :until',
    ExpressionAttributeValues: { ':months': usageMonthsPartition(generation), ':until': until },
  });
  return items.map(({ SK }) => SK);
}

/** The counters of one month by scope. */
export async function readUsage(
  store: Store,
  generation: number,
  month: string,
): Promise<Map<Scope, Counts>> {
  const [total, items] = await Promise.all([
    batchGet<Counts>(store, [usageKey(generation, month, 'TOTAL')]),
    queryAll<{ SK: Scope } & Counts>(store, {
      KeyConditionExpression: 'PK = :month',
      ExpressionAttributeValues: { ':month': usageKey(generation, month, 'REGION#').PK },
    }),
  ]);
  return new Map<Scope, Counts>([
    ...total.map((counts) => ['TOTAL', counts] as const),
    ...items.map((item) => [item.SK, item] as const),
  ]);
}
