import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Key } from '../../functions/store/keys.ts';
import {
  applyUpdate,
  type ExpressionParts,
  holdsCondition,
  type Item,
  readKeyCondition,
} from './expressions.ts';

/** An item of a table: its key and everything else. */
export type TableItem = Item & Key;

/** One table in memory that answers a document client's commands as DynamoDB would with strong consistency. */
export interface MemoryTable {
  /** Holds no connection: only `send` is there. */
  readonly client: DynamoDBDocumentClient;
  /** Puts an item without telling the listener: it is in the real table already, or does not belong there. */
  readonly seed: (item: TableItem) => void;
  /** Forgets an item without telling the listener. */
  readonly drop: (key: Key) => void;
}

type TransactItem = NonNullable<TransactWriteCommand['input']['TransactItems']>[number];

/** One checked write of a request. */
interface Change {
  readonly key: Key;
  readonly condition: string | undefined;
  readonly parts: ExpressionParts;
  /** The item afterwards; undefined takes it away. */
  readonly after: (before: TableItem | undefined) => TableItem | undefined;
}

/** A table in memory; `onChange` is told each item that was put, or the key of one that was taken away. */
export function memoryTable(onChange: (key: Key, item: TableItem | undefined) => void): MemoryTable {
  /** Each partition's items in the order of their sort keys: most partitions hold one. */
  const partitions = new Map<string, TableItem[]>();

  const find = ({ PK, SK }: Key): TableItem | undefined => {
    const items = partitions.get(PK) ?? [];
    const item = items[lowerBound(items, SK)];
    return item?.SK === SK ? item : undefined;
  };

  const store = (key: Key, item: TableItem | undefined): void => {
    const items = partitions.get(key.PK) ?? [];
    const at = lowerBound(items, key.SK);
    const isHeld = items[at]?.SK === key.SK;
    if (!item && !isHeld) return;
    items.splice(at, isHeld ? 1 : 0, ...(item ? [item] : []));
    if (items.length > 0) partitions.set(key.PK, items);
    else partitions.delete(key.PK);
  };

  const apply = (changes: readonly Change[]): void => {
    for (const { after, key } of changes) {
      const before = find(key);
      const item = after(before);
      if (!item && !before) continue;
      store(key, item);
      onChange(key, item);
    }
  };

  const transact = (items: readonly TransactItem[]): void => {
    const changes = items.map(readTransactItem);
    if (new Set(changes.map(({ key }) => `${key.PK} ${key.SK}`)).size < changes.length)
      throw new Error('a transaction writes one item twice');
    const reasons = changes.map(({ condition, key, parts }) =>
      holdsCondition(condition, find(key), parts) ? { Code: 'None' } : { Code: 'ConditionalCheckFailed' },
    );
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({
        message: 'a condition of the transaction does not hold',
        $metadata: {},
        CancellationReasons: reasons,
      });
    apply(changes);
  };

  const query = (input: QueryCommand['input']): { Items: Item[]; LastEvaluatedKey?: Key } => {
    const { ExclusiveStartKey, FilterExpression, IndexName, KeyConditionExpression = '', Limit } = input;
    if (ExclusiveStartKey || FilterExpression || IndexName || input.ScanIndexForward === false)
      throw new Error('the table in memory knows plain queries only');
    const { from, isWithin, partition } = readKeyCondition(KeyConditionExpression, input);
    const items = partitions.get(partition) ?? [];
    const found: TableItem[] = [];
    for (let at = lowerBound(items, from); at < items.length; at += 1) {
      const item = items[at];
      if (!item || !isWithin(item.SK)) break;
      found.push(item);
      if (found.length === Limit) return { Items: found, LastEvaluatedKey: { PK: item.PK, SK: item.SK } };
    }
    return { Items: found };
  };

  const answer = (command: unknown): object => {
    if (command instanceof QueryCommand) return query(command.input);
    if (command instanceof GetCommand) {
      const Item = find(command.input.Key as Key);
      return Item ? { Item } : {};
    }
    if (command instanceof BatchGetCommand) {
      const found = Object.entries(command.input.RequestItems ?? {}).map(([table, { Keys = [] }]) => {
        return [table, Keys.flatMap((key) => find(key as Key) ?? [])] as const;
      });
      return { Responses: Object.fromEntries(found) };
    }
    if (command instanceof TransactWriteCommand) transact(command.input.TransactItems ?? []);
    else if (command instanceof BatchWriteCommand)
      for (const requests of Object.values(command.input.RequestItems ?? {}))
        apply(
          requests.map(({ DeleteRequest, PutRequest }) =>
            PutRequest ? put(PutRequest.Item) : remove(DeleteRequest?.Key),
          ),
        );
    else if (command instanceof DeleteCommand) {
      const change = remove(command.input.Key, command.input.ConditionExpression, command.input);
      if (!holdsCondition(change.condition, find(change.key), change.parts))
        throw new ConditionalCheckFailedException({ message: 'the condition does not hold', $metadata: {} });
      apply([change]);
    } else throw new Error('the table in memory does not know this command');
    return {};
  };

  // An instance, as the SDK's paginators ask for one; it has no connection, and answers `send` alone.
  const client: DynamoDBDocumentClient = Object.create(DynamoDBDocumentClient.prototype, {
    send: { value: async (command: unknown) => answer(command) },
  });
  return {
    client,
    seed: (item) => store(item, item),
    drop: (key) => store(key, undefined),
  };
}

/** The position of the first item whose sort key is not less. */
function lowerBound(items: readonly TableItem[], sortKey: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.SK ?? '') < sortKey) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readTransactItem({ ConditionCheck, Delete, Put, Update }: TransactItem): Change {
  if (Put) return put(Put.Item, Put.ConditionExpression, Put);
  if (Delete) return remove(Delete.Key, Delete.ConditionExpression, Delete);
  if (ConditionCheck) {
    const { ConditionExpression, Key: key } = ConditionCheck;
    return { ...remove(key, ConditionExpression, ConditionCheck), after: (before) => before };
  }
  if (!Update) throw new Error('an item of a transaction writes nothing');
  const { ConditionExpression, Key: key, UpdateExpression = '' } = Update;
  return {
    ...remove(key, ConditionExpression, Update),
    after: (before) => ({
      ...applyUpdate(UpdateExpression, before ?? key ?? {}, Update),
      ...(key as Key),
    }),
  };
}

function put(
  item: Record<string, unknown> | undefined,
  condition?: string,
  parts: ExpressionParts = {},
): Change {
  const stored = withoutUndefined(item) as TableItem;
  return { key: { PK: stored.PK, SK: stored.SK }, condition, parts, after: () => stored };
}

function remove(
  key: Record<string, unknown> | undefined,
  condition?: string,
  parts: ExpressionParts = {},
): Change {
  return { key: key as unknown as Key, condition, parts, after: () => undefined };
}

/** As the document client stores a value: without undefined elements. What has none is kept as it is, and shared. */
function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const kept = value.map(withoutUndefined);
    return kept.every((element, index) => element === value[index]) ? value : kept;
  }
  const entries = Object.entries(value);
  const kept = entries.flatMap(([name, element]) =>
    element === undefined ? [] : [[name, withoutUndefined(element)] as const],
  );
  const isSame =
    kept.length === entries.length && kept.every(([, element], index) => element === entries[index]?.[1]);
  return isSame ? value : Object.fromEntries(kept);
}
