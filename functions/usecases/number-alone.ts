import type { Caller } from '../domain/access/caller.ts';
import { proofsFor } from '../domain/access/relationship.ts';
import { isApplication, isRegionWide } from '../domain/access/roles.ts';
import { loadAccessView } from '../store/person.ts';
import { instant } from '../store/store.ts';
import type { Region } from './region.ts';

/**
 * True when an NHS number without a birth date or a family name beside it is no question at all: numbers can be counted through,
 * and a system has nobody before it who could answer for asking.
 */
export function refusesNumberAlone({ policy }: Region, caller: Caller): boolean {
  return policy.matching.numberAlone === 'refused' || isApplication(caller.role);
}

/**
 * Whether a number alone finds this person for the caller: somebody whom they have a legitimate relationship with, or anybody for
 * those who decide who is who. `personId` is undefined for a number that nobody holds: that takes as many reads.
 */
export async function isFoundByNumberAlone(
  { store }: Region,
  caller: Caller,
  personId: string | undefined,
): Promise<boolean> {
  const { relationships } = await loadAccessView(store, personId ?? nobody);
  if (isRegionWide(caller.role)) return true;
  return proofsFor(relationships, caller, instant(store)).length > 0;
}

/** No person has it, and it is as long as one that somebody has. */
const nobody = '00000000-0000-0000-0000-000000000000';
