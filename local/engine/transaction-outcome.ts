import type { Item, RequestData } from './dynalite.ts';
import { dynamoError, isServiceError, type ServiceError, validationError } from './errors.ts';
import { type ItemTarget, storageKeyOf } from './item-writer.ts';
import { isConditionFailure } from './single-writes.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4 * 1024;

/** Why one element of a transaction let the whole be cancelled, or `None`; in wire form. */
export interface CancellationReason {
  Code: 'None' | 'ConditionalCheckFailed' | 'ValidationError';
  Message?: string;
  Item?: Item;
}

/** The reason that an element's error gives; rethrows what is not an answer to a request. */
export function toCancellationReason(error: unknown, oldItem: Item | undefined): CancellationReason {
  if (isConditionFailure(error)) {
    return {
      Code: 'ConditionalCheckFailed',
      Message: 'The conditional request failed',
      ...(oldItem && { Item: oldItem }),
    };
  }
  if (!isServiceError(error) || !String(error.body.__type).endsWith('#ValidationException')) throw error;
  return { Code: 'ValidationError', Message: String(error.body.message) };
}

/** Throws TransactionCanceledException when any element failed; the reasons keep the order of the request. */
export function throwIfCancelled(reasons: CancellationReason[]): void {
  if (reasons.every(({ Code }) => Code === 'None')) return;
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  throw dynamoError('TransactionCanceledException', message, {
    Message: message,
    CancellationReasons: reasons,
  });
}

/** Throws a ValidationException when two elements of a transaction name one item. */
export function refuseRepeatedItems(targets: (ItemTarget | undefined)[]): void {
  const keys = targets.flatMap((target) => (target ? [storageKeyOf(target)] : []));
  if (new Set(keys).size < keys.length) {
    throw validationError('Transaction request cannot include multiple operations on one item');
  }
}

/** Throws a ValidationException when the items of a transaction exceed 4 MiB together. */
export function refuseTooLarge(sizes: number[]): void {
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_BYTES) {
    throw validationError('The aggregate size of the items in the transaction cannot exceed 4 MB');
  }
}

/** The ConsumedCapacity of an answer, when it was asked for: two units for each begun 1 KiB written or 4 KiB read. */
export function reportCapacity(
  wish: unknown,
  kind: 'Read' | 'Write',
  items: { tableName: string; size: number }[],
): RequestData {
  if (wish !== 'TOTAL' && wish !== 'INDEXES') return {};
  const unitBytes = kind === 'Write' ? WRITE_UNIT_BYTES : READ_UNIT_BYTES;
  const totals = new Map<string, number>();
  for (const { tableName, size } of items) {
    const units = 2 * Math.max(1, Math.ceil(size / unitBytes));
    totals.set(tableName, (totals.get(tableName) ?? 0) + units);
  }
  const ConsumedCapacity = [...totals].map(([TableName, units]) => {
    const capacity = { CapacityUnits: units, [`${kind}CapacityUnits`]: units };
    return { TableName, ...capacity, ...(wish === 'INDEXES' && { Table: capacity }) };
  });
  return { ConsumedCapacity };
}

/** Thrown when a client request token comes again with another transaction. */
export function tokenMismatchError(): ServiceError {
  return dynamoError(
    'IdempotentParameterMismatchException',
    'The request uses the same client token as a previous, but non-identical request. ' +
      'Do not reuse a client token with different requests, unless the requests are identical',
  );
}
