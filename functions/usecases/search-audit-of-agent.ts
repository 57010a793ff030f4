import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { listAgentEntries } from '../store/agent-entry.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { readUsageGeneration } from '../store/usage.ts';
import { type Region, type Result, refuse } from './region.ts';

/**
 * What one user did, in every organisation they act for: one page, newest first; for the privacy officer. It follows the
 * audit log by seconds. A user who is not known has done nothing; a search that names nobody is refused.
 */
export async function searchAuditOfAgent(
  { policy, store }: Region,
  caller: Caller,
  request: { agent?: string | undefined; count: number; cursor?: string | undefined },
): Promise<Result<{ entries: AuditEntry[]; next?: string }>> {
  const decision = decideOperation(policy, caller, 'audit.read');
  if (!decision.allowed) return refuse(decision.code);
  const { agent, count, cursor } = request;
  if (agent === undefined)
    return refuse('INVALID_REQUEST', { issues: ['query: needs either patient or agent'] });
  const binding = `search-audit-of-agent ${caller.organisation} ${caller.subject} ${agent}`;
  const before = cursor ? openCursor<string>(store.keys, binding, cursor, store.now()) : undefined;
  if (cursor && !before)
    return refuse('INVALID_REQUEST', { issues: ['_cursor: not a cursor of this query'] });
  const { current } = await readUsageGeneration(store);
  const { entries, last } = await listAgentEntries(store, current, agent, count, before);
  return {
    ok: true,
    value: { entries, ...(last && { next: sealCursor(store.keys, binding, last, store.now()) }) },
  };
}
