import type { MatchPolicy } from '../../functions/domain/matching/match-policy.ts';

/** One level whose weight has changed. */
export interface LevelChange {
  readonly field: string;
  readonly level: string;
  /** Share among pairs of one person, and of strangers. */
  readonly person: { readonly before: number; readonly after: number };
  readonly stranger: { readonly before: number; readonly after: number };
  /** Bits: log2(person / stranger). */
  readonly weight: { readonly before: number; readonly after: number };
}

/** One name whose frequency has changed, per million people. */
export interface FrequencyChange {
  readonly field: 'family' | 'given';
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

interface Rates {
  readonly person: number;
  readonly stranger: number;
}

/** The levels whose rates differ between two policies, in the order of the policy. */
export function levelChanges(before: MatchPolicy, after: MatchPolicy): LevelChange[] {
  return Object.entries(before.fields).flatMap(([field, { levels }]) => {
    const others: Readonly<Record<string, Rates>> = after.fields[field as keyof MatchPolicy['fields']].levels;
    return Object.entries(levels as Readonly<Record<string, Rates>>).flatMap(([level, was]) => {
      const is = others[level] ?? was;
      if (is.person === was.person && is.stranger === was.stranger) return [];
      return [
        {
          field,
          level,
          person: { before: was.person, after: is.person },
          stranger: { before: was.stranger, after: is.stranger },
          weight: { before: bits(was), after: bits(is) },
        },
      ];
    });
  });
}

/** Bits by which a name's weight has to move to be worth a line. */
const leastShift = 0.05;

/** Names whose frequency differs enough to move a weight, those that changed most first. */
export function frequencyChanges(before: MatchPolicy, after: MatchPolicy): FrequencyChange[] {
  const changes = (['family', 'given'] as const).flatMap((field) => {
    const { perMillion: was, unlisted } = before.fields[field].frequencies;
    return Object.entries(after.fields[field].frequencies.perMillion).flatMap(([name, frequency]) => {
      const earlier = (Object.hasOwn(was, name) ? was[name] : unlisted) ?? unlisted;
      return [{ field, name, before: earlier, after: frequency }];
    });
  });
  const shift = ({ after: now, before: then }: FrequencyChange) => Math.abs(Math.log2(now / then));
  return changes
    .filter((change) => shift(change) >= leastShift)
    .sort((one, other) => shift(other) - shift(one));
}

function bits({ person, stranger }: Rates): number {
  return Math.log2(person / stranger);
}
