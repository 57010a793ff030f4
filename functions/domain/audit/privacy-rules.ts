import type { RegionPolicy } from '../access/region-policy.ts';
import { type Demographics, daysBetween } from '../identity/demographics.ts';
import { isTitle } from '../identity/placeholders.ts';
import { foldName } from '../matching/fold-name.ts';
import type { AuditEntry } from './audit-entry.ts';

/**
 * Looks that a privacy officer should hear of: `own-record`, staff at a record of their own name; `household`, at one of
 * their surname and home; `after-death`; `young-child`, where the region wants it; `unusual-volume`, more patients in an hour than anybody should need; `break-glass`, a
 * claim to be involved; `harvest`, more people found in an hour than anybody should have to look for, or a quota of searches spent.
 */
export const privacyRules = [
  'own-record',
  'household',
  'after-death',
  'young-child',
  'unusual-volume',
  'break-glass',
  'harvest',
] as const;

/** See {@link privacyRules}. */
export type PrivacyRule = (typeof privacyRules)[number];

/** A name as far as it tells people apart. */
export interface FoldedName {
  readonly given: string;
  readonly family: string;
}

/** The name of somebody at work, without titles and middle names: "Dr Amara J Okafor". Undefined where it is one word. */
export function staffName(name: string): FoldedName | undefined {
  const words = foldName(name)
    .split(' ')
    .filter((word) => word !== '' && !isTitle(word));
  const [given, ...others] = words;
  const family = others.at(-1);
  return given && family ? { given, family } : undefined;
}

function namesOf({ names }: Pick<Demographics, 'names'>): { given: string; family: string; last: string }[] {
  return names.map(({ family = '', given }) => {
    const folded = foldName(family);
    return {
      given: foldName(given[0] ?? '').split(' ')[0] ?? '',
      family: folded,
      last: folded.split(' ').at(-1) ?? '',
    };
  });
}

/** True when the patient has the name of the one who looks. */
export function hasName(patient: Pick<Demographics, 'names'>, staff: FoldedName): boolean {
  return namesOf(patient).some(({ given, last }) => given === staff.given && last === staff.family);
}

/** True when the patient has the surname of the one who looks, and another given name. */
export function sharesSurname(patient: Pick<Demographics, 'names'>, staff: FoldedName): boolean {
  return namesOf(patient).some(({ last }) => last === staff.family) && !hasName(patient, staff);
}

/** True when the patient had been dead for longer than certificates and last letters take. */
export function isAfterDeath(
  { deathDate, deceased }: Demographics,
  { recordedAt }: Pick<AuditEntry, 'recordedAt'>,
  { privacy }: Pick<RegionPolicy, 'privacy'>,
): boolean {
  if (!deceased) return false;
  const days = deathDate === undefined ? undefined : daysBetween(deathDate, recordedAt.slice(0, 10));
  return days === undefined || days > privacy.afterDeathDays;
}
