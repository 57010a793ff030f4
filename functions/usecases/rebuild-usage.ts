import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { transact } from '../store/transaction.ts';
import { putUsageGeneration, readUsageGeneration, type UsageGeneration } from '../store/usage.ts';
import { countUsage } from './count-usage.ts';
import type { Region } from './region.ts';

/** Entries that are counted together. */
const entriesAtOnce = 100;

/** What a rebuild came to: the sets of counters before and after, or why there was none. */
export type RebuiltUsage =
  | { readonly ok: true; readonly entries: number; readonly before: number; readonly current: number }
  | { readonly ok: false };

/**
 * Counts the whole audit log anew into a second set of counters, and then takes that into use. It goes on beside the
 * stream: from its beginning new entries are counted in both sets, each once in each, so none is missed. A rebuild that
 * was interrupted is taken up again; two at once end with one of them refused. The old set is left to be removed.
 */
export async function rebuildUsage(
  region: Region,
  log: AsyncIterable<AuditEntry>,
  viewing: ReadonlySet<string>,
  onProgress: (entries: number) => void = () => {},
): Promise<RebuiltUsage> {
  const { store } = region;
  const before = await readUsageGeneration(store);
  const building = before.building ?? before.current + 1;
  const begun: UsageGeneration = { current: before.current, building };
  if (!(await transact(store, [putUsageGeneration(store, begun, before)])).ok) return { ok: false };
  let entries = 0;
  let batch: AuditEntry[] = [];
  const count = async () => {
    await countUsage(region, batch, viewing, building);
    entries += batch.length;
    onProgress(entries);
    batch = [];
  };
  for await (const entry of log) {
    batch.push(entry);
    if (batch.length === entriesAtOnce) await count();
  }
  await count();
  const done = await transact(store, [putUsageGeneration(store, { current: building }, begun)]);
  return done.ok ? { ok: true, entries, before: before.current, current: building } : { ok: false };
}
