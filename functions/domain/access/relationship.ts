/**
 * Why an organisation is involved in a person's care. `feed`: it sends its own record of the person; the others are what any
 * feed says of it. `self-claim` and `access-alert` are what one user claims for a while (break-glass).
 */
export const relationshipKinds = [
  'encounter',
  'referral',
  'gp-registration',
  'care-team',
  'care-home',
  'feed',
  'self-claim',
  'access-alert',
] as const;

/** See {@link relationshipKinds}. */
export type RelationshipKind = (typeof relationshipKinds)[number];

/** One proof that an organisation, or one of its users, is involved in a person's care. */
export interface Relationship {
  readonly organisation: string;
  readonly kind: RelationshipKind;
  /** When it was said, and until just before when it is proof: ISO 8601 UTC instants. */
  readonly since: string;
  readonly until: string;
  /** The entry it rests on, `Type/id` under its opaque id; absent where the Patient itself says it. */
  readonly basis?: string;
  /** The one user whom it is good for, as {@link Caller.subject}; absent where it is good for the whole organisation. */
  readonly subject?: string;
}

/** Proofs of one kind that an organisation keeps by one record: the longest; more could not prove more. */
const mostOfAKind = 5;

/**
 * What a record says of relationships after a message. What the message says replaces what was said on the same basis; another
 * practice ends the registration at the former one by `movesAt`; a message that leaves something out ends nothing. What is
 * over at `now` is forgotten.
 */
export function renewRelationships(
  held: readonly Relationship[],
  said: readonly Relationship[],
  { movesAt, now }: { readonly movesAt: string; readonly now: string },
): Relationship[] {
  const practices = said.filter(({ kind }) => kind === 'gp-registration');
  const ground = ({ basis, kind, organisation }: Relationship) => basis ?? `${kind} ${organisation}`;
  const replaced = new Set(said.map(ground));
  const kept = held
    .filter((one) => !replaced.has(ground(one)))
    .map((one) =>
      one.kind === 'gp-registration' && practices.length > 0 && movesAt < one.until
        ? { ...one, until: movesAt }
        : one,
    );
  const longestFirst = [...kept, ...said]
    .filter(({ until }) => until > now)
    .sort((first, second) => (first.until < second.until ? 1 : -1));
  const counts = new Map<string, number>();
  return longestFirst.filter(({ kind, organisation }) => {
    const name = `${kind} ${organisation}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return (counts.get(name) ?? 0) <= mostOfAKind;
  });
}

/**
 * The proofs that a user has at `now`, an ISO 8601 UTC instant: the strongest kind first, then the longest. Access rests on the
 * first. A claim counts for the user who made it, in the organisation for which they made it.
 */
export function proofsFor(
  relationships: readonly Relationship[],
  caller: { readonly organisation: string; readonly subject: string },
  now: string,
): Relationship[] {
  const rank = ({ kind }: Relationship) => relationshipKinds.indexOf(kind);
  // Not asked for its beginning: what is there has begun, by a clock that may run ahead of this one.
  const good = relationships.filter(
    ({ organisation, subject, until }) =>
      organisation === caller.organisation &&
      until > now &&
      (subject === undefined || subject === caller.subject),
  );
  return good.sort((first, second) => rank(first) - rank(second) || (first.until < second.until ? 1 : -1));
}
