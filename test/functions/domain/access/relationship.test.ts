import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  proofsFor,
  type Relationship,
  relationshipKinds,
  renewRelationships,
} from '../../../../functions/domain/access/relationship.ts';

const now = '2026-11-21T09:00:00.000Z';
const day = (number: number) => new Date(Date.parse(now) + number * 86_400_000).toISOString();
const proof = (
  kind: Relationship['kind'],
  organisation: string,
  until: string,
  basis?: string,
): Relationship => ({ kind, organisation, since: day(-10), until, ...(basis && { basis }) });
const renew = (held: readonly Relationship[], said: readonly Relationship[]) =>
  renewRelationships(held, said, { movesAt: day(28), now });

const anyProof = fc.record({
  kind: fc.constantFrom(...relationshipKinds),
  organisation: fc.constantFrom('T9A', 'T9B', 'Y90001'),
  since: fc.integer({ min: -20, max: 5 }).map(day),
  until: fc.integer({ min: -5, max: 20 }).map(day),
  basis: fc.constantFrom('Encounter/1', 'Encounter/2', 'ServiceRequest/1'),
});

describe('renewRelationships', () => {
  it('lets what is said of an entry take the place of what the same entry said before', () => {
    const open = proof('encounter', 'T9B', day(365), 'Encounter/1');
    const elsewhere = proof('encounter', 'T9A', day(90), 'Encounter/1');
    expect(renew([open], [elsewhere])).toEqual([elsewhere]);
  });

  it('forgets an encounter that was cancelled', () => {
    const open = proof('encounter', 'T9B', day(365), 'Encounter/1');
    expect(renew([open], [{ ...open, until: now }])).toEqual([]);
  });

  it('ends a registration that moves after the days of grace, and no sooner', () => {
    const former = proof('gp-registration', 'Y90001', day(200));
    const next = proof('gp-registration', 'Y90002', day(365));
    expect(renew([former], [next])).toEqual([next, { ...former, until: day(28) }]);
    expect(renew([{ ...former, until: day(3) }], [next])).toEqual([next, { ...former, until: day(3) }]);
  });

  it('ends nothing when a message leaves the practice out', () => {
    const practice = proof('gp-registration', 'Y90001', day(200));
    const feed = proof('feed', 'T9A', day(365));
    expect(renew([practice], [feed])).toEqual([feed, practice]);
  });

  it('keeps nothing that is over, few of a kind, and the longest of those', () => {
    fc.assert(
      fc.property(fc.array(anyProof, { maxLength: 40 }), fc.array(anyProof, { maxLength: 10 }), (a, b) => {
        const renewed = renew(a, b);
        expect(renewed.every(({ until }) => until > now)).toBe(true);
        const named = (one: Relationship) => `${one.kind} ${one.organisation}`;
        const groups = Map.groupBy(renewed, named);
        for (const group of groups.values()) expect(group.length).toBeLessThanOrEqual(5);
        // What is said now and is not over is never lost to what was held.
        for (const one of b)
          if (one.until > now)
            expect((groups.get(named(one)) ?? []).some(({ until }) => until >= one.until)).toBe(true);
      }),
    );
  });

  it('changes nothing when the same is said again', () => {
    fc.assert(
      fc.property(fc.array(anyProof, { maxLength: 4 }), (said) => {
        const once = renew([], said);
        expect(renew(once, said)).toEqual(once);
      }),
    );
  });
});

describe('proofsFor', () => {
  const caller = { organisation: 'T9A', subject: 'user-1' };

  it('is a proof of the caller’s organisation that is not over, whenever there is one', () => {
    fc.assert(
      fc.property(fc.array(anyProof), (all) => {
        const good = all.filter((one) => one.organisation === 'T9A' && one.until > now);
        const [found] = proofsFor(all, caller, now);
        expect(found === undefined).toBe(good.length === 0);
        if (found) expect(good).toContain(found);
      }),
    );
  });

  it('takes a claim for the user who made it, and for nobody else of the organisation', () => {
    const claim: Relationship = { ...proof('self-claim', 'T9A', day(1)), subject: 'user-1' };
    expect(proofsFor([claim], caller, now)[0]).toEqual(claim);
    expect(proofsFor([claim], { ...caller, subject: 'user-2' }, now)).toEqual([]);
    expect(proofsFor([claim], { ...caller, organisation: 'T9B' }, now)).toEqual([]);
  });

  it('names the strongest kind: a claim only where nothing else is known', () => {
    const claim: Relationship = { ...proof('access-alert', 'T9A', day(1)), subject: 'user-1' };
    const encounter = proof('encounter', 'T9A', day(1), 'Encounter/1');
    expect(proofsFor([claim, proof('feed', 'T9A', day(9)), encounter], caller, now)[0]).toEqual(encounter);
  });
});
