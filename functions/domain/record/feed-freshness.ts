import type { RegionPolicy } from '../access/region-policy.ts';

/** How fresh what an organisation sends is. */
export interface FeedFreshness {
  /** ISO 8601 UTC instant of the last message, to the minute; absent when none ever came. */
  readonly lastMessage?: string;
  /** Hours within which the region expects a message of an organisation of this kind. */
  readonly expectedEveryHours: number;
  /** Nothing came for longer than that: what happened since may be missing here. */
  readonly isLate: boolean;
}

/** The freshness of an organisation's feed at the instant `now`, by the interval that the region expects of its kind. */
export function feedFreshness(
  { feeds, organisations }: RegionPolicy,
  ods: string,
  lastMessage: string | undefined,
  now: string,
): FeedFreshness {
  const type = organisations.find((organisation) => organisation.ods === ods)?.type;
  const expectedEveryHours = (type && feeds.expectEveryHours[type]) ?? feeds.otherwiseEveryHours;
  const age =
    lastMessage === undefined ? Number.POSITIVE_INFINITY : Date.parse(now) - Date.parse(lastMessage);
  return {
    ...(lastMessage !== undefined && { lastMessage }),
    expectedEveryHours,
    isLate: age > expectedEveryHours * 3_600_000,
  };
}
