import type { Disagreement, DisagreementKind } from './disagreement.ts';

/** What one entry says about the thing that is compared. */
export interface Claim {
  readonly ods: string;
  readonly reference: string;
  readonly about: string;
  readonly says: string;
}

/** The claims as one side for each organisation. */
export function disagree(kind: DisagreementKind, claims: readonly Claim[]): Disagreement {
  const sides = [...byOrganisation(claims)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([ods, own]) => ({
      ods,
      says: [...new Set(own.map(({ says }) => says))].join('; '),
      references: own.map(({ reference }) => reference),
    }));
  return { kind, about: claims[0]?.about ?? '', sides };
}

/** The claims of each organisation. */
export function byOrganisation<One extends { readonly ods: string }>(
  claims: readonly One[],
): Map<string, One[]> {
  return Map.groupBy(claims, ({ ods }) => ods);
}

/** `status-differs` where one organisation has the thing current, and another has it ended and not current as well. */
export function statusDiffers<One extends Claim & { readonly status: 'current' | 'ended' | 'other' }>(
  group: readonly One[],
): Disagreement[] {
  const current = group.filter(({ status }) => status === 'current');
  const holders = new Set(current.map(({ ods }) => ods));
  const ended = group.filter(({ ods, status }) => status === 'ended' && !holders.has(ods));
  return current.length > 0 && ended.length > 0 ? [disagree('status-differs', [...current, ...ended])] : [];
}

/** The kind where two organisations have no value of the thing in common, as `isSame` sees it. */
export function valuesDiffer<One extends Claim>(
  kind: DisagreementKind,
  claims: readonly One[],
  isSame: (one: One, other: One) => boolean,
): Disagreement[] {
  const sides = [...byOrganisation(claims).values()];
  const covers = (one: readonly One[], other: readonly One[]) =>
    one.every((claim) => other.some((theirs) => isSame(claim, theirs)));
  const differ = sides.some((one, index) =>
    sides.slice(index + 1).some((other) => !covers(one, other) || !covers(other, one)),
  );
  return differ ? [disagree(kind, claims)] : [];
}
