import type { Caller } from '../domain/access/caller.ts';
import { listObjections as listStored, type Objection } from '../store/objection.ts';
import { openRecord } from './open-record.ts';
import type { Region, Result } from './region.ts';

/** Every objection and reversal of one person, oldest first. */
export async function listObjections(
  region: Region,
  caller: Caller,
  personId: string,
): Promise<Result<{ personId: string; objections: Objection[] }>> {
  const opened = await openRecord(region, caller, personId, {
    permission: 'objection.read',
    despiteObjection: true,
  });
  if (!opened.ok) return opened;
  const owner = opened.value.person.personId;
  return { ok: true, value: { personId: owner, objections: await listStored(region.store, owner) } };
}
