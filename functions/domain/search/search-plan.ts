import { daysBetween, nextDay } from '../identity/calendar-date.ts';
import { normalisePostcode } from '../identity/postcode.ts';
import { type BlockingKey, blockingKeys, familyOfDay, familyOfDecade } from '../matching/blocking-keys.ts';
import { type ComparisonFields, comparisonFields } from '../matching/comparison-fields.ts';
import type { DateRange, PatientSearch } from './patient-search.ts';
import { hasWildcard, type SoughtText } from './sought-text.ts';

/** How the people are found among whom a search chooses, or why it is not run. */
export type SearchPlan =
  | { readonly by: 'nhs-number' }
  | { readonly by: 'blocks'; readonly blocks: readonly BlockingKey[] }
  | { readonly by: 'nothing'; readonly reason: 'too-few' | 'range-too-wide' };

/** Blocks read at most, so that a search with its reads of records and people stays within twelve store calls. */
const mostBlocks = 8;

/**
 * The minimum that PDS asks for: family name and birth date, and in a fuzzy search given name, family name and birth date,
 * or one of the names with birth date, gender and postcode. An NHS number is enough alone.
 */
export function planSearch(search: PatientSearch): SearchPlan {
  if (search.nhsNumber !== undefined) return { by: 'nhs-number' };
  if (!isEnough(search)) return { by: 'nothing', reason: 'too-few' };
  const days = daysOf(search.birthDate);
  const [onlyDay, ...otherDays] = days;
  if (onlyDay !== undefined && otherDays.length === 0)
    return { by: 'blocks', blocks: blocksOfDay(search, onlyDay).slice(0, mostBlocks) };
  const blocks = [days.flatMap((day) => blocksOfDay(search, day)), ...blocksWithoutDay(search)].find(
    ({ length }) => length > 0 && length <= mostBlocks,
  );
  return blocks ? { by: 'blocks', blocks } : { by: 'nothing', reason: 'range-too-wide' };
}

function isEnough({ fuzzy, family, given, birthDate, gender, postcode }: PatientSearch): boolean {
  if (birthDate === undefined) return false;
  if (!fuzzy) return family !== undefined;
  const names = (family ? 1 : 0) + (given.length > 0 ? 1 : 0);
  return names === 2 || (names === 1 && gender !== undefined && postcode !== undefined);
}

/** The days of the range, none when they are more than can be read one by one. */
function daysOf({ from, to }: DateRange = {}): string[] {
  if (from === undefined || to === undefined) return [];
  if ((daysBetween(from, to) ?? mostBlocks) >= mostBlocks) return [];
  const days = [from];
  for (let day = from; day < to; days.push(day)) day = nextDay(day);
  return days;
}

/** Without wildcards and slips the family name leads on by its first letters, else every name by its sound. */
function blocksOfDay(search: PatientSearch, birthDate: string): readonly BlockingKey[] {
  const fields = wholeFields(search);
  if (!search.fuzzy && search.family)
    return [familyOfDay(fields.family ?? search.family.parts[0], birthDate)];
  return keysOf({ ...fields, birthDate }, 'name-date', 'postcode');
}

/** Sets of blocks each of which holds everybody who can be an answer (but for slips in several fields at once), best first. */
function blocksWithoutDay(search: PatientSearch): readonly (readonly BlockingKey[])[] {
  const fields = wholeFields(search);
  const { family, given } = fields;
  // The sound of each name with the other's initial.
  const byNames = family !== undefined && given.length > 0 ? keysOf(fields, 'name-place') : [];
  // Of a person with many names and nicknames the first ones lead on.
  if (search.fuzzy) return [[...keysOf(fields, 'postcode'), ...byNames].slice(0, mostBlocks)];
  const byDecade =
    family === undefined ? [] : decadesOf(search.birthDate).map((decade) => familyOfDecade(family, decade));
  return [keysOf(fields, 'postcode'), byDecade, byNames];
}

function keysOf(fields: ComparisonFields, ...kinds: readonly BlockingKey['kind'][]): readonly BlockingKey[] {
  return blockingKeys(fields).filter(({ kind }) => kinds.includes(kind));
}

/** The decades that the range touches (`197`); an open one begins in 1900, before which nobody alive was born. */
function decadesOf({ from = '1900', to = '2099' }: DateRange = {}): string[] {
  const [first, last] = [Number(from.slice(0, 3)), Number(to.slice(0, 3))];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => String(first + index));
}

/** What is sought without wildcards, as matching has it. */
function wholeFields({ family, given, postcode }: PatientSearch): ComparisonFields {
  const whole = (sought: SoughtText) => (hasWildcard(sought) ? [] : [sought.written]);
  const [familyName] = family ? whole(family) : [];
  const placed = postcode === undefined || postcode.includes('*') ? undefined : normalisePostcode(postcode);
  const [fields = { given: [] }] = comparisonFields({
    names: [{ given: given.flatMap(whole), ...(familyName !== undefined && { family: familyName }) }],
    ...(placed !== undefined && { postcode: placed }),
    deceased: false,
    restricted: false,
  });
  return fields;
}
