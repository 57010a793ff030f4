import { createRequire } from 'node:module';

/** One attribute in DynamoDB's wire form: a single type letter and its value; `B` and `BS` hold base64. */
export type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: string }
  | { BOOL: boolean }
  | { NULL: boolean }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: string[] }
  | { L: AttributeValue[] }
  | { M: Item };

/** An item, or the key of one, in wire form: attribute name to typed value. */
export type Item = { [attribute: string]: AttributeValue };

/** The parameters of one request, as parsed JSON. */
export type RequestData = Record<string, unknown>;

/** A Node-style callback, as dynalite's stores and actions expect it. */
export type Callback<T = unknown> = (error?: Error | null, value?: T) => void;

/** One element of a table's or an index's key schema, the partition key first. */
export interface KeySchemaElement {
  AttributeName: string;
  KeyType: 'HASH' | 'RANGE';
}

/** An index as dynalite keeps it inside a table record. */
export interface IndexRecord {
  IndexName: string;
  KeySchema: KeySchemaElement[];
  IndexStatus?: string;
}

/** A table as dynalite keeps it: the TableDescription that DescribeTable answers. */
export interface TableRecord {
  TableName: string;
  TableStatus: string;
  TableId?: string;
  CreationDateTime?: number;
  KeySchema: KeySchemaElement[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: IndexRecord[];
  LocalSecondaryIndexes?: IndexRecord[];
}

/** Bounds of a key range; at most one lower and one upper bound. `limit` -1 means no limit. */
export interface KeyRange {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  reverse?: boolean;
  limit?: number;
  /** How much one `nextv` may read before it returns fewer values than asked for. */
  highWaterMarkBytes?: number;
}

/** Wraps the last callback of a locked section, so that calling it frees the lock first. */
export type Releaser = <T>(done: Callback<T>) => Callback<T>;

/** One write of a batch. */
export type WriteOperation = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string };

/** A keyed section of the store, as dynalite's actions use it. */
export interface SubDatabase {
  get(key: string, callback: Callback): void;
  put(key: string, value: unknown, callback: Callback): void;
  del(key: string, callback: Callback): void;
  batch(operations: WriteOperation[], callback: Callback): void;
  createKeyStream(range?: KeyRange): NodeJS.EventEmitter;
  createValueStream(range?: KeyRange): NodeJS.EventEmitter;
  lock(key: string, section: (release: Releaser) => void): void;
}

/** The section that holds table records; dynalite reads the account and region for ARNs from it. */
export interface TableDatabase extends SubDatabase {
  awsAccountId: string;
  awsRegion: string;
}

/** What dynalite's actions and validations need of a store. */
export interface DynaliteStore {
  options: {
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
    maxItemSizeKb: number;
    maxItemSize: number;
  };
  tableDb: TableDatabase;
  getItemDb(tableName: string): SubDatabase;
  deleteItemDb(tableName: string, callback: Callback): void;
  getIndexDb(indexType: string, tableName: string, indexName: string): SubDatabase;
  deleteIndexDb(indexType: string, tableName: string, indexName: string, callback: Callback): void;
  getTagDb(tableName: string): SubDatabase;
  deleteTagDb(tableName: string, callback: Callback): void;
  getTable(
    tableName: string,
    checkStatus: boolean | Callback<TableRecord>,
    callback?: Callback<TableRecord>,
  ): void;
}

/** A dynalite action: runs one validated request against a store. */
export type Action = (
  store: DynaliteStore,
  data: RequestData,
  callback: Callback<Record<string, unknown>>,
) => void;

/** The shape and the rules of one action's parameters. */
export interface ActionValidation {
  types: Record<string, unknown>;
  custom?: (data: RequestData, store: DynaliteStore) => string | undefined;
}

interface DynaliteDb {
  createKey(item: Item, table: TableRecord): string;
  createIndexKey(item: Item, table: TableRecord, keySchema: KeySchemaElement[]): string;
  validateKey(key: Item, table: TableRecord): Error | null | undefined;
  validateItem(item: Item, table: TableRecord): Error | null | undefined;
  checkConditional(data: RequestData, existingItem: Item | undefined): Error | null | undefined;
  getIndexActions(
    indexes: IndexRecord[],
    existingItem: Item | undefined,
    item: Item | undefined,
    table: TableRecord,
  ): { puts: { index: string; key: string; item: Item }[] };
}

interface DynaliteValidations {
  checkTypes(data: RequestData, types: Record<string, unknown>): RequestData;
  checkValidations(
    data: RequestData,
    types: Record<string, unknown>,
    custom: ActionValidation['custom'],
    store: DynaliteStore,
  ): void;
}

/** What is used of a LevelDB database (package abstract-level); values are JSON. */
export interface Database {
  open(options?: { passive?: boolean }): Promise<void>;
  close(): Promise<void>;
  get(key: string): Promise<unknown>;
  getMany(keys: string[]): Promise<unknown[]>;
  batch(operations: WriteOperation[], options: { sync: boolean }): Promise<void>;
  keys(range: KeyRange): RangeIterator;
  values(range: KeyRange): RangeIterator;
  clear(range: KeyRange): Promise<void>;
}

/** A snapshot read of a key range; must be closed. */
export interface RangeIterator {
  nextv(size: number): Promise<unknown[]>;
  all(): Promise<unknown[]>;
  close(): Promise<void>;
}

// dynalite is untyped CommonJS, and LevelDB is its dependency, not ours: resolving both from dynalite's own
// folder gives exactly the versions it was tested with, wherever npm has put them.
const requireDynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));

/** dynalite's key encoding and conditions. */
export const dynaliteDb: DynaliteDb = requireDynalite('./db');

/** dynalite's parameter checks; both throw an error carrying `statusCode` and `body`. */
export const dynaliteValidations: DynaliteValidations = requireDynalite('./validations');

const databaseClasses: {
  Level: new (folder: string, options: { valueEncoding: 'json'; writeBufferSize: number }) => Database;
  MemoryLevel: new (options: { valueEncoding: 'json' }) => Database;
} = { Level: requireDynalite('level').Level, MemoryLevel: requireDynalite('memory-level').MemoryLevel };

/** Loads one dynalite action with its parameter rules, by its file name (`putItem`). */
export function loadAction(name: string): { run: Action; validation: ActionValidation } {
  return { run: requireDynalite(`./actions/${name}`), validation: requireDynalite(`./validations/${name}`) };
}

/** With LevelDB's own 4 MB, a bulk load spends half as much processor time again on compaction (measured: 23 µs a put, not 14). */
const writeBufferSize = 32 * 1024 * 1024;

/** Makes an unopened LevelDB database in a folder, or in memory without one. */
export function createDatabase(folder: string | undefined): Database {
  return folder === undefined
    ? new databaseClasses.MemoryLevel({ valueEncoding: 'json' })
    : new databaseClasses.Level(folder, { valueEncoding: 'json', writeBufferSize });
}
