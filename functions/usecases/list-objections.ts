import type { Caller } from '../domain/access/caller.ts';
import type { ObjectionStatement } from '../domain/access/objection.ts';
import { instant } from '../store/store.ts';
import { openRecord } from './open-record.ts';
import type { Region, Result } from './region.ts';

/** Everything that was said about sharing one person's record, oldest first, and the instant at which that was read. */
export async function listObjections(
  region: Region,
  caller: Caller,
  personId: string,
): Promise<Result<{ personId: string; statements: readonly ObjectionStatement[]; now: string }>> {
  const opened = await openRecord(region, caller, personId, {
    permission: 'objection.read',
    despiteObjection: true,
  });
  if (!opened.ok) return opened;
  const { objections, person } = opened.value;
  return {
    ok: true,
    value: {
      personId: person.personId,
      statements: objections?.statements ?? [],
      now: instant(region.store),
    },
  };
}
