import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groundsOf } from '../../../../functions/domain/identity/link-grounds.ts';
import { replayGrounds } from '../../../../functions/domain/identity/replay-grounds.ts';
import { matchPolicy } from '../../../../functions/domain/matching/match-policy.ts';
import { rankCandidates } from '../../../../functions/domain/matching/rank-candidates.ts';
import { john, someFields } from '../matching/fields.ts';

const people = fc.option(fc.integer({ min: 1, max: 60_000_000 }), { nil: undefined });
const candidates = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), someFields), {
  minLength: 1,
  maxLength: 6,
});

describe('replayGrounds', () => {
  it('works every decision out again to the same probability, after the ledger kept it as JSON', () => {
    fc.assert(
      fc.property(someFields, candidates, people, (query, found, counted) => {
        const records = found.map(([personId, fields]) => ({ personId, fields }));
        const ranked = rankCandidates([query], records, { people: counted }, false).candidates;
        for (const candidate of ranked) {
          const kept = JSON.parse(JSON.stringify(groundsOf(candidate, ranked, counted)));
          const { agrees, score } = replayGrounds(kept, matchPolicy);
          expect(score).toBeCloseTo(candidate.score, 9);
          expect(agrees).toBe(true);
        }
      }),
    );
  });

  it('notices another policy, and a ledger that was changed', () => {
    const ranked = rankCandidates(
      [john],
      [{ personId: 'a', fields: john }],
      { people: 1000 },
      false,
    ).candidates;
    const [leader] = ranked;
    if (!leader) throw new Error('nobody was ranked');
    const grounds = groundsOf(leader, ranked, 1000);
    const other = structuredClone(matchPolicy);
    other.fields.birthDate.levels.exact.person /= 2;
    expect(replayGrounds(grounds, other).agrees).toBe(false);
    const fields = grounds.fields.map(([field, level, weight, rarity]) =>
      field === 'postcode'
        ? ([field, 'one-edit', weight] as const)
        : ([field, level, weight, rarity ?? 0] as const),
    );
    expect(replayGrounds({ ...grounds, fields }, matchPolicy).agrees).toBe(false);
  });
});
