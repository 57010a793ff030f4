import type { TableRecord } from './dynalite.ts';

/** A secondary index; keys are strings, and all attributes are projected. */
interface IndexDefinition {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
}

/** A table to create; keys are strings. */
export interface TableDefinition {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
  readonly indexes: readonly IndexDefinition[];
  /** The number attribute, in epoch seconds, after which an item may be removed. */
  readonly ttlAttribute?: string;
  /** Whether each change is kept for readers of the stream. */
  readonly stream: boolean;
}

interface Keys {
  readonly partitionKey: string;
  readonly sortKey?: string;
}

function toKeySchema({ partitionKey, sortKey }: Keys): Record<string, string>[] {
  const partition = { AttributeName: partitionKey, KeyType: 'HASH' };
  return sortKey === undefined ? [partition] : [partition, { AttributeName: sortKey, KeyType: 'RANGE' }];
}

/** The parameters of the CreateTable request that makes this table. */
export function toCreateTableRequest(definition: TableDefinition): Record<string, unknown> {
  const keys = [definition, ...definition.indexes].flatMap(({ partitionKey, sortKey }) => [
    partitionKey,
    sortKey,
  ]);
  const attributes = new Set(keys.filter((key) => key !== undefined));
  return {
    TableName: definition.name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: toKeySchema(definition),
    ...(definition.indexes.length > 0 && {
      GlobalSecondaryIndexes: definition.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: toKeySchema(index),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  };
}

/** Whether a stored table has the key schema of the definition. */
export function hasSameKeys(record: TableRecord, definition: TableDefinition): boolean {
  return describeKeys(record.KeySchema) === describeKeys(toKeySchema(definition));
}

/** Whether a stored table has the indexes of the definition, in any order. */
export function hasSameIndexes(record: TableRecord, definition: TableDefinition): boolean {
  const stored = (record.GlobalSecondaryIndexes ?? []).map(
    (index) => `${index.IndexName} ${describeKeys(index.KeySchema)}`,
  );
  const wanted = definition.indexes.map((index) => `${index.name} ${describeKeys(toKeySchema(index))}`);
  return stored.sort().join('\n') === wanted.sort().join('\n');
}

/** A key schema in words, for comparison and for error messages: `PK (HASH), SK (RANGE)`. */
export function describeKeys(schema: readonly { AttributeName?: string; KeyType?: string }[]): string {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(', ');
}
