import type { Item, RequestData } from '../engine/dynalite.ts';
import type { Engine } from '../engine/engine.ts';
import { itemBytes } from './item-size.ts';

type Answerer = Engine['answer'];

/** What requests have cost by AWS's rules, on demand or provisioned alike. */
export interface Capacity {
  /** Requests sent, a batch being one. */
  readonly calls: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Items that Query answered. */
  readonly queriedItems: number;
}

interface Key {
  readonly TableName: string;
  readonly Key: Item;
}

const readUnitBytes = 4096;
const writeUnitBytes = 1024;

/**
 * Counts the capacity of every request on its way to the engine, from the sizes of the items in it and not from what an
 * emulator says (Developer Guide, "DynamoDB provisioned capacity mode", "Amazon DynamoDB transactions"):
 *
 * - a strongly consistent read of 4 KB is one unit, an eventually consistent one half of that, a transactional one two;
 *   GetItem and BatchGetItem round up each item, Query the sum of what it read; a missing item costs the least unit;
 * - a write of 1 KB is one unit, in a transaction two, by the larger of the item before and after it; a delete costs
 *   the item it removes, a condition check the item it looks at.
 *
 * Index writes are left out (the record table has no index), and it must have seen an item written to know the size of
 * one that BatchGetItem or a projection reads.
 */
export class CapacityMeter {
  readonly #answer: Answerer;
  readonly #sizes = new Map<string, number>();
  #total: { -readonly [Name in keyof Capacity]: number } = zero();

  constructor(answer: Answerer) {
    this.#answer = answer;
  }

  /** Answers a request and counts it; a refused write costs as much as one that is done. */
  readonly answer: Answerer = async (target, request) => {
    const name = target.slice(target.indexOf('.') + 1);
    const factor = name === 'TransactWriteItems' ? 2 : 1;
    // Read before the request runs: a put may go over a larger item, a delete costs what it removes.
    const writes = writesOf(name, request).map((write) => ({ ...write, sizeBefore: this.#sizeOf(write) }));
    const countWrite = (bytes: number) => {
      this.#total.writeUnits += factor * unitsOf(bytes, writeUnitBytes);
    };
    this.#total.calls += 1;
    let answer: RequestData;
    try {
      answer = await this.#answer(target, request);
    } catch (error) {
      for (const { item, sizeBefore } of writes) countWrite(Math.max(sizeBefore, item ? itemBytes(item) : 0));
      throw error;
    }
    for (const write of writes) countWrite(Math.max(write.sizeBefore, await this.#sizeAfter(write)));
    this.#countReads(name, request, answer);
    return answer;
  };

  /** What has been counted since the meter was made or last read. */
  lap(): Capacity {
    const counted = this.#total;
    this.#total = zero();
    return counted;
  }

  #countReads(name: string, request: RequestData, answer: RequestData): void {
    const count = (bytes: number, isConsistent: unknown) => {
      this.#total.readUnits += unitsOf(bytes, readUnitBytes) * (isConsistent === true ? 1 : 0.5);
    };
    // A projection makes the answer smaller, not the cost: the size that was written counts.
    const sizeOf = (TableName: string, key: Item, item: Item | undefined) =>
      this.#sizes.get(nameOf({ TableName, Key: key })) ?? (item ? itemBytes(item) : 0);
    const table = String(request.TableName);
    if (name === 'GetItem') {
      const item = answer.Item as Item | undefined;
      count(sizeOf(table, request.Key as Item, item), request.ConsistentRead);
    } else if (name === 'Query') {
      const items = (answer.Items ?? []) as Item[];
      if (request.FilterExpression !== undefined || (answer.Count ?? 0) !== items.length)
        throw new Error('the capacity of a Query that reads more than it answers is not counted');
      this.#total.queriedItems += items.length;
      count(
        items.reduce((bytes, item) => bytes + sizeOf(table, item, item), 0),
        request.ConsistentRead,
      );
    } else if (name === 'BatchGetItem') {
      const tables = request.RequestItems as Record<string, { Keys: Item[]; ConsistentRead?: boolean }>;
      const answered = (answer.Responses ?? {}) as Record<string, Item[]>;
      for (const [TableName, { ConsistentRead, Keys }] of Object.entries(tables)) {
        const named = (key: Item) => nameOf({ TableName, Key: key });
        const items = new Map(answered[TableName]?.map((item) => [named(item), item]));
        for (const key of Keys) count(sizeOf(TableName, key, items.get(named(key))), ConsistentRead);
      }
    } else if (name === 'TransactGetItems') {
      for (const { Get } of request.TransactItems as { Get: Key }[])
        this.#total.readUnits += 2 * unitsOf(sizeOf(Get.TableName, Get.Key, undefined), readUnitBytes);
    }
  }

  #sizeOf(write: Key): number {
    return this.#sizes.get(nameOf(write)) ?? 0;
  }

  async #sizeAfter(write: PlannedWrite): Promise<number> {
    const name = nameOf(write);
    if (write.kind === 'check') return this.#sizeOf(write);
    if (write.kind === 'delete') {
      this.#sizes.delete(name);
      return 0;
    }
    const size = write.item ? itemBytes(write.item) : await this.#readSize(write);
    this.#sizes.set(name, size);
    return size;
  }

  async #readSize({ Key, TableName }: Key): Promise<number> {
    const request = { TableName, Key, ConsistentRead: true };
    const { Item: item } = await this.#answer('DynamoDB_20120810.GetItem', request);
    return item ? itemBytes(item as Item) : 0;
  }
}

interface PlannedWrite extends Key {
  readonly kind: 'put' | 'update' | 'delete' | 'check';
  readonly item?: Item;
}

function writesOf(name: string, request: RequestData): PlannedWrite[] {
  const put = ({ Item: item, TableName }: RequestData): PlannedWrite => ({
    kind: 'put',
    TableName: String(TableName),
    Key: item as Item,
    item: item as Item,
  });
  const keyed = (kind: PlannedWrite['kind'], { Key, TableName }: RequestData): PlannedWrite => ({
    kind,
    TableName: String(TableName),
    Key: Key as Item,
  });
  if (name === 'PutItem') return [put(request)];
  if (name === 'UpdateItem') return [keyed('update', request)];
  if (name === 'DeleteItem') return [keyed('delete', request)];
  if (name === 'BatchWriteItem')
    return Object.entries(request.RequestItems as Record<string, Record<string, RequestData>[]>).flatMap(
      ([TableName, entries]) =>
        entries.map(({ DeleteRequest, PutRequest }) =>
          PutRequest ? put({ ...PutRequest, TableName }) : keyed('delete', { ...DeleteRequest, TableName }),
        ),
    );
  if (name === 'TransactWriteItems')
    return (request.TransactItems as Record<string, RequestData>[]).flatMap(
      ({ ConditionCheck, Delete, Put, Update }) => [
        ...(Put ? [put(Put)] : []),
        ...(Update ? [keyed('update', Update)] : []),
        ...(Delete ? [keyed('delete', Delete)] : []),
        ...(ConditionCheck ? [keyed('check', ConditionCheck)] : []),
      ],
    );
  return [];
}

/** Both of the region's tables have the keys PK and SK (functions/store/schema.ts); other attributes are passed over. */
function nameOf({ Key, TableName }: Key): string {
  const text = (value: Item[string] | undefined) => (value && 'S' in value ? value.S : '');
  return `${TableName} ${text(Key.PK)} ${text(Key.SK)}`;
}

function unitsOf(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}

function zero(): Capacity {
  return { calls: 0, readUnits: 0, writeUnits: 0, queriedItems: 0 };
}
