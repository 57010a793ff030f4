import type { Caller } from '../domain/access/caller.ts';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { listAuditEntries } from '../store/audit.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { openRecord } from './open-record.ts';
import { type Region, type Result, refuse } from './region.ts';

/** Who looked at, changed, matched or was refused this person's record: one page, newest first. */
export async function searchAudit(
  region: Region,
  caller: Caller,
  request: { personId: string; count: number; cursor?: string | undefined },
): Promise<Result<{ entries: AuditEntry[]; next?: string }>> {
  const { personId, count } = request;
  const { store } = region;
  const opened = await openRecord(region, caller, personId, {
    permission: 'audit.read',
    despiteObjection: true,
  });
  if (!opened.ok) return opened;
  const binding = `search-audit ${caller.organisation} ${caller.subject} ${personId}`;
  const after = request.cursor
    ? openCursor<Record<string, unknown>>(store.keys, binding, request.cursor, store.now())
    : undefined;
  if (request.cursor && !after)
    return refuse('INVALID_REQUEST', { personId, issues: ['_cursor: not a cursor of this query'] });
  const page = await listAuditEntries(store, personId, count, after);
  return {
    ok: true,
    value: {
      entries: page.entries,
      ...(page.last && { next: sealCursor(store.keys, binding, page.last, store.now()) }),
    },
  };
}
