// Where everything lies in LevelDB. Items, indexes, tables and tags lie where dynalite 4 puts them; the rest is
// the engine's own. A table name cannot contain `~`, so no two prefixes overlap.

/** The prefix of one table's items. */
export const itemPrefix = (tableName: string) => `item-${tableName}~`;

/** The prefix of one index's entries; the type is `global` or `local`, in any case. */
export const indexPrefix = (indexType: string, tableName: string, indexName: string) =>
  `index-${indexType.toLowerCase()}~${tableName}~${indexName}~`;

/** The prefix of all indexes of one type of a table. */
export const indexesPrefix = (indexType: string, tableName: string) => `index-${indexType}~${tableName}~`;

/** The prefix of one table's tags. */
export const tagPrefix = (tableName: string) => `tag-${tableName}~`;

/** The prefix of all table records. */
export const tablePrefix = 'table~';

/** The prefix of the engine's own settings, one for each table. */
export const settingsPrefix = 'engine-settings~';

/** The prefix of one table's items in order of expiry. */
export const expiryPrefix = (tableName: string) => `engine-expiry~${tableName}~`;

/** The prefix of one table's stream records in order of commit. */
export const streamPrefix = (tableName: string) => `engine-stream~${tableName}~`;

/** How far a named consumer has read a table's stream. */
export const checkpointKey = (tableName: string, consumer: string) =>
  `engine-checkpoint~${tableName}~${consumer}`;

/** The prefix of the client request tokens of recent transactions. */
export const tokenPrefix = 'engine-token~';

/** The number of the last stream record ever written; it outlives the records. */
export const sequenceKey = 'engine-sequence';

/** The range of all keys that begin with a prefix. Keys are ASCII, so ÿ lies above them all. */
export const rangeOf = (prefix: string) => ({ gte: prefix, lt: `${prefix}\xff` });
