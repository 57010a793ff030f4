import * as z from 'zod';
import type { InvocationOutcome } from './function-pool.ts';

const reportSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
});

/** Which items of a batch were not taken. */
export type BatchResult =
  | { readonly kind: 'all-taken' }
  | { readonly kind: 'some-failed'; readonly identifiers: ReadonlySet<string> }
  | { readonly kind: 'all-failed' };

/**
 * Reads how a batch went, as Lambda does: with partial responses an empty, null or absent list means that all were
 * taken; a malformed report, or one that names an item outside the batch, means that none was.
 */
export function readBatchResult(
  outcome: InvocationOutcome,
  reportsFailures: boolean,
  identifiers: readonly string[],
): BatchResult {
  if (outcome.kind !== 'returned') return { kind: 'all-failed' };
  if (!reportsFailures) return { kind: 'all-taken' };
  const returned: unknown = JSON.parse(outcome.payload);
  if (returned === null || returned === '') return { kind: 'all-taken' };
  const report = reportSchema.safeParse(returned);
  if (!report.success) return { kind: 'all-failed' };
  const failed = new Set((report.data.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier));
  if (failed.size === 0) return { kind: 'all-taken' };
  for (const identifier of failed) if (!identifiers.includes(identifier)) return { kind: 'all-failed' };
  return { kind: 'some-failed', identifiers: failed };
}
