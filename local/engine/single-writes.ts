import { runAction, validateParameters } from './actions.ts';
import { type DynaliteStore, dynaliteDb, type Item, type RequestData, type TableRecord } from './dynalite.ts';
import { isServiceError, ServiceError, validationError } from './errors.ts';
import { type ItemTarget, type ItemWriter, storageKeyOf } from './item-writer.ts';
import { requireTable } from './store.ts';
import type { TableCatalogue } from './table-catalogue.ts';

/** What the handlers of writes share. */
export interface WriteContext {
  store: DynaliteStore;
  catalogue: TableCatalogue;
  writer: ItemWriter;
}

/** Runs PutItem, UpdateItem or DeleteItem. */
export async function writeItem(
  name: 'PutItem' | 'UpdateItem' | 'DeleteItem',
  request: RequestData,
  context: WriteContext,
): Promise<RequestData> {
  const { ReturnValuesOnConditionCheckFailure: onFailure, ...parameters } = request;
  const returnsOld = readsOldOnFailure(onFailure);
  const data = validateParameters(name, parameters, context.store);
  const target = findTarget(data, context.catalogue);
  return context.writer.write({
    targets: target ? [target] : [],
    run: async (overlay) => {
      try {
        return await runAction(name, overlay.store, data);
      } catch (error) {
        const before = returnsOld && target && overlay.readBefore(storageKeyOf(target));
        throw before && isConditionFailure(error) ? withItem(error, before) : error;
      }
    },
  });
}

/** Runs BatchWriteItem; unlike DynamoDB's, it is stored whole or not at all. */
export async function writeBatch(request: RequestData, context: WriteContext): Promise<RequestData> {
  const data = validateParameters('BatchWriteItem', request, context.store);
  const requests = data.RequestItems as Record<
    string,
    { PutRequest?: RequestData; DeleteRequest?: RequestData }[]
  >;
  const targets = Object.entries(requests).flatMap(([TableName, entries]) =>
    entries.flatMap((entry) => {
      const target = findTarget(
        { TableName, ...(entry.PutRequest ?? entry.DeleteRequest) },
        context.catalogue,
      );
      return target ? [target] : [];
    }),
  );
  return context.writer.write({
    targets: dropRepeated(targets),
    run: (overlay) => runAction('BatchWriteItem', overlay.store, data),
  });
}

/** The item that checked parameters name by `Key` or `Item`; undefined if that does not fit the table's keys. */
export function findTarget(data: RequestData, catalogue: TableCatalogue): ItemTarget | undefined {
  const table = requireTable(catalogue, String(data.TableName));
  const key = keyOf(data, table.record);
  return key === undefined ? undefined : { table, key };
}

/** Whether a failed condition is to return the item; throws a ValidationException for an unknown wish. */
export function readsOldOnFailure(wish: unknown): boolean {
  if (wish !== undefined && wish !== 'ALL_OLD' && wish !== 'NONE') {
    throw validationError(
      `1 validation error detected: Value '${wish}' at 'returnValuesOnConditionCheckFailure' failed to satisfy ` +
        'constraint: Member must satisfy enum value set: [ALL_OLD, NONE]',
    );
  }
  return wish === 'ALL_OLD';
}

/** Whether an error says that a condition did not hold. */
export function isConditionFailure(error: unknown): error is ServiceError {
  return isServiceError(error) && String(error.body.__type).endsWith('#ConditionalCheckFailedException');
}

function keyOf(data: RequestData, record: TableRecord): string | undefined {
  if (data.Item) {
    const item = data.Item as Item;
    return dynaliteDb.validateItem(item, record) ? undefined : dynaliteDb.createKey(item, record);
  }
  const key = (data.Key ?? {}) as Item;
  return dynaliteDb.validateKey(key, record) ? undefined : dynaliteDb.createKey(key, record);
}

function withItem(error: ServiceError, item: Item): ServiceError {
  return new ServiceError(
    error.statusCode,
    String(error.body.__type),
    error.message || String(error.body.message),
    {
      Item: item,
    },
  );
}

// dynalite refuses a batch that names an item twice, but only once it runs.
function dropRepeated(targets: ItemTarget[]): ItemTarget[] {
  return [...new Map(targets.map((target) => [storageKeyOf(target), target])).values()];
}
