/** One record: who it truly is, and the person that the region made of it. */
export interface JudgedRecord {
  readonly truth: string;
  /** Absent in quarantine: such a record is linked with no other. */
  readonly personId?: string | undefined;
  /** A person was asked to look at it. */
  readonly queued: boolean;
}

/** How well records were brought together, counted in pairs of records. */
export interface DedupeFigures {
  readonly records: number;
  readonly persons: number;
  /** Share of the linked pairs that are one person; null when nothing was linked. */
  readonly precision: number | null;
  /** Share of the pairs of one person that were linked; null when there is none. */
  readonly recall: number | null;
  /** Harmonic mean of both. */
  readonly f1: number | null;
  /** Share of the records that wait for a person's decision. */
  readonly queued: number | null;
}

/** Sums up judged records, pair by pair without looking at each pair. */
export function dedupeFigures(judged: readonly JudgedRecord[]): DedupeFigures {
  // A record in quarantine is a person of its own here, under a name that no person has.
  const personOf = judged.map(({ personId }, position) => personId ?? `#${position}`);
  const linked = pairsWithin(personOf);
  const truly = pairsWithin(judged.map(({ truth }) => truth));
  const right = pairsWithin(judged.map(({ truth }, position) => `${personOf[position]} ${truth}`));
  return {
    records: judged.length,
    persons: new Set(judged.flatMap(({ personId }) => personId ?? [])).size,
    precision: linked === 0 ? null : right / linked,
    recall: truly === 0 ? null : right / truly,
    f1: linked + truly === 0 ? null : (2 * right) / (linked + truly),
    queued: judged.length === 0 ? null : judged.filter(({ queued }) => queued).length / judged.length,
  };
}

/** The number of pairs of equal names. */
function pairsWithin(names: readonly string[]): number {
  let pairs = 0;
  for (const { length } of Map.groupBy(names, (name) => name).values()) pairs += (length * (length - 1)) / 2;
  return pairs;
}
