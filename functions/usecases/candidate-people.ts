import { searchKeys } from '../domain/matching/blocking-keys.ts';
import type { ComparisonFields } from '../domain/matching/comparison-fields.ts';
import { scoreCandidate } from '../domain/matching/score-candidate.ts';
import { findCandidates, resolveCandidates } from '../store/blocking-key.ts';
import { sourcePartition } from '../store/keys.ts';
import type { Region } from './region.ts';

/** Candidates are worth a read of whose they are when they score best; more than these change no answer. */
const worthReading = 25;

/** The records that share a blocking key with `query`, each with the person it belongs to: the most alike, each name once. */
export async function candidatePeople(
  { policy, store }: Region,
  query: ComparisonFields,
  options: { readonly consistent?: boolean } = {},
): Promise<{ candidates: { personId: string; fields: ComparisonFields }[]; truncated: boolean }> {
  const found = await findCandidates(store, searchKeys(query), policy.matching.maxCandidates, options);
  const plausible = found.candidates
    .map((candidate) => ({
      ...candidate,
      score: Math.max(...candidate.variants.map((fields) => scoreCandidate(query, fields).score)),
    }))
    .sort((first, second) => second.score - first.score)
    .slice(0, worthReading);
  const records = await resolveCandidates(store, plausible, options);
  const candidates = plausible.flatMap(({ source, variants }) => {
    const personId = records.get(sourcePartition(source))?.personId;
    return personId === undefined ? [] : variants.map((fields) => ({ personId, fields }));
  });
  return { candidates, truncated: found.truncated };
}
