import type { Caller } from '../domain/access/caller.ts';
import type { Person } from '../store/person.ts';
import { openRecord } from './open-record.ts';
import type { Region, Result } from './region.ts';

/** Golden demographics of one person, now or at an instant. */
export async function readPatient(
  region: Region,
  caller: Caller,
  { asOf, personId }: { readonly personId: string; readonly asOf?: string | undefined },
): Promise<Result<Person>> {
  const opened = await openRecord(region, caller, personId, { permission: 'patient.read', asOf });
  return opened.ok ? { ok: true, value: opened.value.person } : opened;
}
