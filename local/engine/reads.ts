import { runAction, validateParameters } from './actions.ts';
import { type DynaliteStore, dynaliteDb, type Item, type RequestData } from './dynalite.ts';
import { resumeIndexAt } from './store.ts';
import type { TableCatalogue } from './table-catalogue.ts';

/** Runs Query or Scan. */
export async function readRange(
  name: 'Query' | 'Scan',
  request: RequestData,
  { store, catalogue }: { store: DynaliteStore; catalogue: TableCatalogue },
): Promise<RequestData> {
  const data = validateParameters(name, name === 'Scan' ? withoutConsistency(request) : request, store);
  return runAction(name, viewFromStartKey(data, store, catalogue), data);
}

/** dynalite knows no consistent Scan; here every Scan of a table is consistent, so the wish is granted by leaving it out. */
function withoutConsistency(request: RequestData): RequestData {
  const { ConsistentRead, ...rest } = request;
  return typeof ConsistentRead === 'boolean' && request.IndexName === undefined ? rest : request;
}

/** An index page resumes after the item its start key names, by the engine's own index keys. */
function viewFromStartKey(data: RequestData, store: DynaliteStore, catalogue: TableCatalogue): DynaliteStore {
  const record = catalogue.find(String(data.TableName))?.record;
  const startKey = data.ExclusiveStartKey as Item | undefined;
  const indexes = [...(record?.GlobalSecondaryIndexes ?? []), ...(record?.LocalSecondaryIndexes ?? [])];
  const index = indexes.find(({ IndexName }) => IndexName === data.IndexName);
  if (!record || !startKey || !index) return store;
  // A start key that lacks a key attribute, or has one of another type, is refused by the action itself.
  const types = new Map(record.AttributeDefinitions.map((one) => [one.AttributeName, one.AttributeType]));
  const isWhole = [...record.KeySchema, ...index.KeySchema].every(
    ({ AttributeName: name }) => (types.get(name) ?? '') in (startKey[name] ?? {}),
  );
  if (!isWhole) return store;
  const shortKey = dynaliteDb.createIndexKey(startKey, record, index.KeySchema);
  return resumeIndexAt(store, shortKey, dynaliteDb.createKey(startKey, record));
}
