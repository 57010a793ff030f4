import { refuseUnknown, runAction, validateParameters } from './actions.ts';
import { dynaliteDb, type Item, type RequestData } from './dynalite.ts';
import { validationError } from './errors.ts';
import { sizeOf } from './item-rules.ts';
import { type ItemTarget, storageKeyOf } from './item-writer.ts';
import { Overlay } from './overlay.ts';
import type { RequestTokens } from './request-tokens.ts';
import { findTarget, type WriteContext } from './single-writes.ts';
import {
  type CancellationReason,
  refuseRepeatedItems,
  refuseTooLarge,
  reportCapacity,
  throwIfCancelled,
  toCancellationReason,
  tokenMismatchError,
} from './transaction-outcome.ts';
import {
  digestRequest,
  readTransactItems,
  readTransactionWrites,
  type TransactionWrite,
} from './transaction-request.ts';

const noFailure: CancellationReason = { Code: 'None' };

interface Element extends TransactionWrite {
  /** Absent when the element's key does not fit its table, which its action then reports. */
  target: ItemTarget | undefined;
}

/** Runs TransactWriteItems: every element takes effect, or none; throws a ServiceError. */
export async function writeTransaction(
  request: RequestData,
  context: WriteContext & { tokens: RequestTokens },
): Promise<RequestData> {
  const { store, catalogue, writer, tokens } = context;
  const elements: Element[] = readTransactionWrites(request, store).map((write) => ({
    ...write,
    target: findTarget(write.data, catalogue),
  }));
  const targets = elements.flatMap(({ target }) => (target ? [target] : []));
  refuseRepeatedItems(targets);
  const token = request.ClientRequestToken as string | undefined;
  const digest = token === undefined ? '' : digestRequest(request);

  return writer.write({
    targets,
    lockedKeys: token === undefined ? [] : [tokens.keyOf(token)],
    run: async (overlay) => {
      if (token !== undefined) {
        const state = await tokens.look(token, digest);
        if (state === 'mismatch') throw tokenMismatchError();
        if (state === 'replay')
          return reportCapacity(request.ReturnConsumedCapacity, 'Read', measure(targets, overlay));
      }
      const reasons: CancellationReason[] = [];
      for (const element of elements) reasons.push(await attempt(element, overlay));
      throwIfCancelled(reasons);
      const sizes = measure(targets, overlay);
      refuseTooLarge(sizes.map(({ size }) => size));
      if (token !== undefined) overlay.extraWrites.push(tokens.remember(token, digest));
      return reportCapacity(request.ReturnConsumedCapacity, 'Write', sizes);
    },
  });
}

/**
 * Runs TransactGetItems. It takes no locks: all items come from one LevelDB snapshot, and every write is one batch,
 * so the answer holds all of any transaction or none of it. Throws a ServiceError.
 */
export async function readTransaction(request: RequestData, context: WriteContext): Promise<RequestData> {
  const { store, catalogue, writer } = context;
  const reads = readTransactItems(request, []).map((item) => {
    refuseUnknown(item, ['Get'], 'TransactItems');
    if (item.Get === undefined) throw validationError('TransactItems must contain a Get');
    const parameters = item.Get as RequestData;
    const known = ['TableName', 'Key', 'ProjectionExpression', 'ExpressionAttributeNames'];
    refuseUnknown(parameters, known, 'TransactItems.Get');
    const data = validateParameters('GetItem', parameters, store);
    return { data, target: findTarget(data, catalogue) };
  });
  const targets = reads.flatMap(({ target }) => (target ? [target] : []));
  refuseRepeatedItems(targets);
  const overlay = new Overlay(store, await writer.readItems(targets));
  const outcomes = await Promise.all(
    reads.map(async ({ data }) => {
      try {
        return { answer: await runAction('GetItem', overlay.store, data), reason: noFailure };
      } catch (error) {
        return { answer: {}, reason: toCancellationReason(error, undefined) };
      }
    }),
  );
  throwIfCancelled(outcomes.map(({ reason }) => reason));
  const sizes = measure(targets, overlay);
  refuseTooLarge(sizes.map(({ size }) => size));
  return {
    Responses: outcomes.map(({ answer: { Item: item } }) => (item ? { Item: item } : {})),
    ...reportCapacity(request.ReturnConsumedCapacity, 'Read', sizes),
  };
}

async function attempt(
  { verb, data, target, returnsOld }: Element,
  overlay: Overlay,
): Promise<CancellationReason> {
  const before = target && overlay.readBefore(storageKeyOf(target));
  try {
    if (verb === 'ConditionCheck') checkCondition(data, target, before);
    else await runAction(`${verb}Item`, overlay.store, data);
    return noFailure;
  } catch (error) {
    return toCancellationReason(error, returnsOld ? before : undefined);
  }
}

function checkCondition(data: RequestData, target: ItemTarget | undefined, before: Item | undefined): void {
  if (!target) throw validationError('The provided key element does not match the schema');
  const failure = dynaliteDb.checkConditional(data, before);
  if (failure) throw failure;
}

/** Each item's size, before or after the transaction, whichever is larger. */
function measure(targets: ItemTarget[], overlay: Overlay): { tableName: string; size: number }[] {
  return targets.map((target) => {
    const key = storageKeyOf(target);
    const size = Math.max(sizeOf(overlay.readBefore(key)), sizeOf(overlay.readAfter(key)));
    return { tableName: target.table.record.TableName, size };
  });
}
