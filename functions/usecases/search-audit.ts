import type { Caller } from '../domain/access/caller.ts';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { listAuditEntries } from '../store/audit.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { knownIds } from '../store/person.ts';
import { openRecord } from './open-record.ts';
import { type Region, type Result, refuse } from './region.ts';

/**
 * Who looked at, changed, matched or was refused this person's record: one page, newest first. What was looked at before
 * another person was merged into this one is part of it.
 */
export async function searchAudit(
  region: Region,
  caller: Caller,
  request: { personId: string; count: number; cursor?: string | undefined },
): Promise<Result<{ personId: string; entries: AuditEntry[]; next?: string }>> {
  const { count } = request;
  const { store } = region;
  const opened = await openRecord(region, caller, request.personId, {
    permission: 'audit.read',
    despiteObjection: true,
  });
  if (!opened.ok) return opened;
  const { person } = opened.value;
  const { personId } = person;
  const binding = `search-audit ${caller.organisation} ${caller.subject} ${personId}`;
  const after = request.cursor
    ? openCursor<string>(store.keys, binding, request.cursor, store.now())
    : undefined;
  if (request.cursor && !after)
    return refuse('INVALID_REQUEST', { personId, issues: ['_cursor: not a cursor of this query'] });
  const { entries, more } = await listAuditEntries(store, knownIds(person), count, after);
  const last = entries.at(-1)?.id;
  return {
    ok: true,
    value: {
      personId,
      entries,
      ...(more && last && { next: sealCursor(store.keys, binding, last, store.now()) }),
    },
  };
}
