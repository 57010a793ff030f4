/** What became of one query, against the truth that the matcher did not see. */
export interface JudgedQuery {
  /** The person sought is in the index. */
  readonly indexed: boolean;
  /** Given, family, birth date, postcode and gender are all there. */
  readonly complete: boolean;
  /** There was one `certain` answer, and it was the person sought or was not. */
  readonly certain: 'right' | 'wrong' | 'none';
  /** The person sought came first, whatever the grade. */
  readonly rankedFirst: boolean;
  /** Nobody was certain, but somebody was likely enough for a person to look at. */
  readonly review: boolean;
  readonly milliseconds: number;
  readonly readUnits: number;
  readonly candidates: number;
  readonly calls: number;
}

/** The quality and cost of a set of queries; a share of nothing is null. */
export interface MatchFigures {
  readonly queries: number;
  /** Share of the queries about indexed people whose one `certain` answer was the right person. */
  readonly recall: number | null;
  /** The same over those with all five fields. */
  readonly recallComplete: number | null;
  /** Share of the `certain` answers that were the right person. */
  readonly precision: number | null;
  /** Share of the queries about people who are not indexed that got a `certain` answer. */
  readonly wrongWhenAbsent: number | null;
  /** Share of the queries about indexed people in which the right person came first. */
  readonly rank1: number | null;
  readonly rank1Complete: number | null;
  /** Share of all queries that would need a person to look. */
  readonly reviewShare: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly candidatesPerQuery: number | null;
  readonly readUnitsPerQuery: number | null;
  readonly callsPerQuery: number | null;
}

/** Sums up judged queries. */
export function matchFigures(judged: readonly JudgedQuery[]): MatchFigures {
  const indexed = judged.filter((query) => query.indexed);
  const complete = indexed.filter((query) => query.complete);
  const answered = judged.filter(({ certain }) => certain !== 'none');
  const isRight = ({ certain }: JudgedQuery) => certain === 'right';
  const isFirst = ({ rankedFirst }: JudgedQuery) => rankedFirst;
  const times = judged.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return {
    queries: judged.length,
    recall: share(indexed, isRight),
    recallComplete: share(complete, isRight),
    precision: share(answered, isRight),
    wrongWhenAbsent: share(
      judged.filter((query) => !query.indexed),
      ({ certain }) => certain !== 'none',
    ),
    rank1: share(indexed, isFirst),
    rank1Complete: share(complete, isFirst),
    reviewShare: share(judged, ({ review }) => review),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    candidatesPerQuery: mean(judged.map(({ candidates }) => candidates)),
    readUnitsPerQuery: mean(judged.map(({ readUnits }) => readUnits)),
    callsPerQuery: mean(judged.map(({ calls }) => calls)),
  };
}

/** The value below which that part of the ascending values lies (nearest rank); null of nothing. */
export function quantile(ascending: readonly number[], part: number): number | null {
  return ascending[Math.max(0, Math.ceil(part * ascending.length) - 1)] ?? null;
}

/** The mean; null of nothing. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length;
}

function share<T>(values: readonly T[], holds: (value: T) => boolean): number | null {
  return values.length === 0 ? null : values.filter(holds).length / values.length;
}
