import type { LogEntry } from '../domain/audit/audit-entry.ts';
import { leafOf } from '../domain/audit/log-leaf.ts';
import { leafHash } from '../domain/audit/merkle.ts';
import { longestEntryBytes } from '../domain/audit/tiles.ts';
import { type AuditStore, type AuditWriter, instant, schemaVersion } from './store.ts';

/** A {@link LogEntry} as the table keeps it. */
export type StoredEntry<Content> = Content & LogEntry & { readonly schemaVersion: number };

/**
 * Makes this writer's next entry: its number and the hash of the one before it. It happens at once, without waiting for
 * anything, so entries that are stored side by side are in one order. Throws for an entry that is longer than the log takes.
 */
export function nextEntry<Content extends object>(store: AuditStore, content: Content): StoredEntry<Content> {
  const { writer } = store;
  const entry: StoredEntry<Content> = {
    ...content,
    schemaVersion,
    id: store.newId(),
    recordedAt: instant(store),
    writerId: writer.id,
    writerSequence: writer.sequence + 1,
    ...(writer.lastHash && { previousHash: writer.lastHash }),
    ...(writer.abandoned?.length && { abandoned: [...writer.abandoned] }),
  };
  const leaf = leafOf(entry);
  if (leaf.length > longestEntryBytes) throw new RangeError('the entry is longer than the log takes');
  writer.sequence += 1;
  writer.lastHash = leafHash(leaf).toString('base64');
  writer.abandoned = [];
  return entry;
}

/** Remembers that an entry was stored nowhere, so that the next one declares it: a gap that nobody declares is a theft. */
export function abandonEntry(writer: AuditWriter, { writerSequence, abandoned = [] }: LogEntry): void {
  const ranges = [...(writer.abandoned ?? []), ...abandoned, [writerSequence, writerSequence] as const];
  const merged: (readonly [number, number])[] = [];
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) merged[merged.length - 1] = [last[0], Math.max(last[1], to)];
    else merged.push([from, to]);
  }
  writer.abandoned = merged;
}
