import type { BundleFrame } from './bundle-frame.ts';
import { type FeedEntry, readRequestedEntry } from './feed-entry.ts';
import { type FeedMessage, type ReadFeed, readFeedEntries } from './feed-message.ts';
import type { ReadResult } from './read-result.ts';

/** Reads a transaction of one source. It is all or none: one bad entry refuses the whole, with every issue found. */
export function readTransaction(frame: BundleFrame): ReadResult<{ readonly message: FeedMessage }> {
  const { entries, issues } = readRequestedEntries(frame);
  const names = new Set<string>();
  for (const { fullUrl, id, index, resourceType } of entries)
    for (const name of [`${resourceType}/${id}`, ...(fullUrl === undefined ? [] : [fullUrl])]) {
      if (names.has(name))
        issues.set(index, [`Bundle.entry[${index}]: is the same resource as an earlier entry`]);
      names.add(name);
    }
  const { issues: more, message } = readFeedEntries(entries, frame);
  const found = [...issues.values(), ...more.values()].flat();
  return found.length > 0 ? { ok: false, issues: found } : { ok: true, message };
}

/** Reads a batch of one source: each entry on its own, so that one bad entry refuses only itself. */
export function readBatch(frame: BundleFrame): ReadFeed {
  const { entries, issues } = readRequestedEntries(frame);
  const { issues: more, message } = readFeedEntries(entries, frame);
  return { message, issues: new Map([...issues, ...more]) };
}

function readRequestedEntries({ entries: sent }: BundleFrame) {
  const issues = new Map<number, readonly string[]>();
  const entries: FeedEntry[] = [];
  for (const [index, item] of sent.entries()) {
    const read = readRequestedEntry(item, index);
    if (read.ok) entries.push(read.entry);
    else issues.set(index, read.issues);
  }
  return { entries, issues };
}
