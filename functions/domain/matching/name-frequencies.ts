import type { ComparisonFields } from './comparison-fields.ts';
import type { MatchPolicy } from './match-policy.ts';

type Frequencies = MatchPolicy['fields']['family']['frequencies'];

/** How many records the frequencies before training count for. */
const strength = 5000;

/** A name that fewer records bear is too rare for its frequency to be known from them. */
const fewestBearers = 5;

/**
 * How common names are among the records, drawn towards what was known before. A name that was not listed is listed once
 * enough records bear it; what is known of unlisted names stays, for rare names are no rarer in a small file.
 */
export function learnFrequencies(names: readonly string[], before: Frequencies): Frequencies['perMillion'] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const listed = [...counts].filter(([, count]) => count >= fewestBearers).map(([name]) => name);
  return Object.fromEntries(
    [...new Set([...Object.keys(before.perMillion), ...listed])].sort().map((name) => {
      const known = Object.hasOwn(before.perMillion, name) ? before.perMillion[name] : before.unlisted;
      const bearers = (counts.get(name) ?? 0) + (strength * (known ?? before.unlisted)) / 1_000_000;
      return [name, Math.max(1, Math.round((bearers / (names.length + strength)) * 1_000_000))];
    }),
  );
}

/** The names whose frequencies count: the whole family name, the first given name; initials are no names. */
export function bearersOf(records: readonly ComparisonFields[], field: 'family' | 'given'): string[] {
  return records
    .map(({ family, given }) => (field === 'family' ? family : given[0]) ?? '')
    .filter(({ length }) => length > 1);
}
