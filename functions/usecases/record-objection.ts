import type { Caller } from '../domain/access/caller.ts';
import { type Objection, recordObjection as storeObjection } from '../store/objection.ts';
import { openRecord } from './open-record.ts';
import { type Region, type Result, refuse } from './region.ts';

/** Records an objection, or reverses the one in force; it holds from the next read on. */
export async function recordObjection(
  region: Region,
  caller: Caller,
  { personId, inForce }: { personId: string; inForce: boolean },
): Promise<Result<{ personId: string; objection: Objection }>> {
  const opened = await openRecord(region, caller, personId, {
    permission: 'objection.write',
    despiteObjection: true,
  });
  if (!opened.ok) return opened;
  const { subject, name, organisation } = caller;
  const { objection, person } = opened.value;
  const owner = person.personId;
  const recorded = await storeObjection(region.store, owner, objection, inForce, {
    subject,
    name,
    organisation,
  });
  return recorded.ok
    ? { ok: true, value: { personId: owner, objection: recorded.objection } }
    : refuse('CONFLICT', { personId: owner });
}
