import type { Committer } from './committer.ts';
import type {
  Callback,
  Database,
  DynaliteStore,
  KeyRange,
  SubDatabase,
  TableRecord,
  WriteOperation,
} from './dynalite.ts';
import { dynamoError } from './errors.ts';
import { KeyLocks } from './key-locks.ts';
import { indexPrefix, itemPrefix, rangeOf, tablePrefix, tagPrefix } from './layout.ts';
import { RangeStream } from './range-stream.ts';
import type { Table, TableCatalogue } from './table-catalogue.ts';

const MAX_ITEM_SIZE_KIB = 400;
// LevelDB's own 16 KiB would cut a page of a record into dozens of reads.
const READ_AHEAD_BYTES = 256 * 1024;

/** What the store is made of. */
export interface StoreParts {
  database: Database;
  committer: Committer;
  catalogue: TableCatalogue;
}

/** Makes the store on which dynalite's actions read, and write tables and tags; items are written by `ItemWriter`. */
export function createStore({ database, committer, catalogue }: StoreParts): DynaliteStore {
  const locks = new KeyLocks();

  const openSection = (prefix: string): SubDatabase => ({
    get: (key, callback) => answer(database.get(prefix + key), callback),
    put: (key, value, callback) =>
      answer(committer.commit([{ type: 'put', key: prefix + key, value }]), callback),
    del: (key, callback) => answer(committer.commit([{ type: 'del', key: prefix + key }]), callback),
    batch: (operations, callback) => {
      const prefixed = operations.map(
        (operation): WriteOperation => ({ ...operation, key: prefix + operation.key }),
      );
      answer(committer.commit(prefixed), callback);
    },
    createKeyStream: (range) =>
      new RangeStream(stripPrefix(database.keys(prefixRange(prefix, range)), prefix)),
    createValueStream: (range) => new RangeStream(database.values(prefixRange(prefix, range))),
    lock: (key, section) => {
      locks.acquire([prefix + key]).then((release) => {
        section((done) => (error, value) => {
          release();
          done(error, value);
        });
      });
    },
  });

  const removeSection = (prefix: string, callback: Callback) =>
    answer(database.clear(rangeOf(prefix)), callback);

  const tables = openSection(tablePrefix);
  const activated = new WeakSet<TableRecord>();
  const tableDb = {
    ...tables,
    // The account and region that the AWS tools for local work show in ARNs.
    awsAccountId: '000000000000',
    awsRegion: 'eu-west-2',
    put: (key: string, value: unknown, callback: Callback) => {
      const record = value as TableRecord;
      // A new table is stored as active at once; dynalite's timer, which would do it later, then has nothing to add.
      if (activated.has(record)) {
        callback();
        return;
      }
      if (record.TableStatus === 'CREATING') activated.add(record);
      activate(record);
      tables.put(key, record, (error) => {
        if (!error) catalogue.keepRecord(record);
        callback(error);
      });
    },
    del: (key: string, callback: Callback) => {
      catalogue.forget(key);
      tables.del(key, callback);
    },
  };

  return {
    options: {
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
      maxItemSizeKb: MAX_ITEM_SIZE_KIB,
      maxItemSize: MAX_ITEM_SIZE_KIB * 1024,
    },
    tableDb,
    getItemDb: (tableName) => openSection(itemPrefix(tableName)),
    deleteItemDb: (tableName, callback) => removeSection(itemPrefix(tableName), callback),
    getIndexDb: (type, tableName, indexName) => openSection(indexPrefix(type, tableName, indexName)),
    deleteIndexDb: (type, tableName, indexName, callback) =>
      removeSection(indexPrefix(type, tableName, indexName), callback),
    getTagDb: (tableName) => openSection(tagPrefix(tableName)),
    deleteTagDb: (tableName, callback) => removeSection(tagPrefix(tableName), callback),
    getTable: (tableName, checkStatus, callback) => {
      const record = catalogue.find(tableName)?.record;
      if (typeof checkStatus === 'function') return answerTable(record, tableName, true, checkStatus);
      // dynalite changes the records it asks for without a check, so those are copies.
      if (callback) answerTable(record && structuredClone(record), tableName, checkStatus, callback);
    },
  };
}

/** The table under that name, when it can be used; throws ResourceNotFoundException otherwise. */
export function requireTable(catalogue: TableCatalogue, tableName: string): Table {
  const table = catalogue.find(tableName);
  if (!table || !isUsable(table.record))
    throw dynamoError('ResourceNotFoundException', 'Requested resource not found');
  return table;
}

/** The store as one Query or Scan of an index sees it: paging resumes at the engine's own, longer index key. */
export function resumeIndexAt(store: DynaliteStore, shortKey: string, itemKey: string): DynaliteStore {
  const lengthen = (bound: string | undefined) => (bound === shortKey ? `${shortKey}/${itemKey}` : bound);
  return {
    ...store,
    getIndexDb: (type, tableName, indexName) => {
      const section = store.getIndexDb(type, tableName, indexName);
      return {
        ...section,
        createValueStream: (range = {}) => {
          const [gt, lt] = [lengthen(range.gt), lengthen(range.lt)];
          return section.createValueStream({ ...range, ...(gt && { gt }), ...(lt && { lt }) });
        },
      };
    },
  };
}

function activate(record: TableRecord): void {
  if (record.TableStatus === 'CREATING') record.TableStatus = 'ACTIVE';
  for (const index of record.GlobalSecondaryIndexes ?? []) {
    if (index.IndexStatus === 'CREATING') index.IndexStatus = 'ACTIVE';
  }
}

const isUsable = ({ TableStatus }: TableRecord) => TableStatus !== 'CREATING' && TableStatus !== 'DELETING';

function answerTable(
  record: TableRecord | undefined,
  tableName: string,
  checkStatus: boolean,
  callback: Callback<TableRecord>,
): void {
  if (record && (!checkStatus || isUsable(record))) {
    callback(null, record);
    return;
  }
  const detail = checkStatus ? '' : `: Table: ${tableName} not found`;
  callback(dynamoError('ResourceNotFoundException', `Requested resource not found${detail}`));
}

/** Hands a promise's outcome to a callback; what the callback throws comes back to it as an error. */
function answer<T>(outcome: Promise<T>, callback: Callback<T>): void {
  outcome
    .then(
      (value) => callback(null, value),
      (error) => callback(error),
    )
    .catch((error) => callback(error));
}

function prefixRange(prefix: string, range: KeyRange = {}): KeyRange {
  const whole = rangeOf(prefix);
  const { gt, gte, lt, lte, ...rest } = range;
  const lower =
    gte !== undefined ? { gte: prefix + gte } : gt !== undefined ? { gt: prefix + gt } : { gte: whole.gte };
  const upper =
    lte !== undefined ? { lte: prefix + lte } : lt !== undefined ? { lt: prefix + lt } : { lt: whole.lt };
  return { ...rest, ...lower, ...upper, highWaterMarkBytes: READ_AHEAD_BYTES };
}

function stripPrefix(iterator: ReturnType<Database['keys']>, prefix: string): ReturnType<Database['keys']> {
  const strip = (keys: unknown[]) => keys.map((key) => String(key).slice(prefix.length));
  return {
    nextv: async (size) => strip(await iterator.nextv(size)),
    all: async () => strip(await iterator.all()),
    close: () => iterator.close(),
  };
}
