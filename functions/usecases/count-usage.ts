import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { tallyViews, type View, viewOf } from '../domain/audit/usage.ts';
import { agentEntry, agentPseudonym, putAgentEntry } from '../store/agent-entry.ts';
import { batchPut } from '../store/batch-write.ts';
import { maximumWrites, transact, type Write } from '../store/transaction.ts';
import { addTally, putStaff, readStaff, readUsageGeneration } from '../store/usage.ts';
import type { Region } from './region.ts';

/** Views that are tried in one transaction; with their counters they mostly fit. */
const viewsAtOnce = 40;

/** How often one part is tried again while others change the same items. */
const mostAttempts = 12;

/**
 * Counts audit entries, each once however often it is delivered: the mark of an entry and what it adds to the numbers are
 * written in one transaction. `viewing` names the operations that show a record. While a rebuild fills a new set of
 * counters, entries are counted in both sets. A feed's entries are counted nowhere: it looks at nobody.
 */
export async function countUsage(
  region: Region,
  entries: readonly AuditEntry[],
  viewing: ReadonlySet<string>,
  only?: number,
): Promise<void> {
  const { current, building } = await readUsageGeneration(region.store);
  const generations = only === undefined ? [current, building] : [only];
  const people = entries.filter(({ caller }) => caller.role !== 'feed');
  for (const generation of generations)
    if (generation !== undefined) await countInto(region, generation, people, viewing);
}

interface CountedEntry {
  readonly entry: AuditEntry;
  readonly view: View;
}

async function countInto(
  region: Region,
  generation: number,
  entries: readonly AuditEntry[],
  viewing: ReadonlySet<string>,
): Promise<void> {
  const { policy, store } = region;
  const once = [...new Map(entries.map((entry) => [entry.id, entry])).values()];
  const views: CountedEntry[] = [];
  const others: AuditEntry[] = [];
  for (const entry of once) {
    const view = viewOf(entry, policy, viewing, agentPseudonym(store.keys, entry.caller.subject));
    if (view) views.push({ entry, view });
    else others.push(entry);
  }
  for (let at = 0; at < views.length; at += viewsAtOnce)
    await countViews(region, generation, views.slice(at, at + viewsAtOnce));
  // Nothing is added up for these: put twice, they stand once.
  await batchPut(
    store,
    others.map((entry) => agentEntry(store, generation, entry)),
  );
}

async function countViews(region: Region, generation: number, views: readonly CountedEntry[]): Promise<void> {
  let left = views;
  for (let attempt = 0; left.length > 0; attempt += 1) {
    if (attempt === mostAttempts) throw new Error('usage could not be counted: others change the same items');
    const writes = await writesOf(region, generation, left);
    if (writes.length > maximumWrites) {
      const middle = Math.ceil(left.length / 2);
      await countViews(region, generation, left.slice(0, middle));
      left = left.slice(middle);
      attempt = -1;
      continue;
    }
    const outcome = await transact(region.store, writes);
    if (outcome.ok) return;
    const counted = new Set<string>(outcome.failed);
    left = left.filter(({ entry }) => !counted.has(`counted ${entry.id}`));
  }
}

async function writesOf(
  { store }: Region,
  generation: number,
  views: readonly CountedEntry[],
): Promise<Write<`counted ${string}` | 'raced'>[]> {
  const months = new Map<string, Set<string>>();
  for (const { view } of views) {
    const wanted = months.get(view.staff) ?? new Set();
    months.set(view.staff, wanted.add(view.month));
  }
  const staff = await readStaff(store, generation, months);
  const tally = tallyViews(
    views.map(({ view }) => view),
    (name) => staff.get(name)?.record ?? { months: new Map(), first: new Map() },
  );
  return [
    ...views.map(({ entry }) => putAgentEntry(store, generation, entry)),
    ...putStaff(store, generation, staff),
    ...addTally(store, generation, tally),
  ];
}
