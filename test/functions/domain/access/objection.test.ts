import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Objection,
  type ObjectionStatement,
  objectionKinds,
  saidBy,
  sightUnder,
  standingAt,
} from '../../../../functions/domain/access/objection.ts';
import {
  brokenRules,
  objectionRuleFindings,
  objectionRulesSchema,
  rulesFor,
} from '../../../../functions/domain/access/objection-rules.ts';
import { sectionCodes } from '../../../../functions/domain/record/section-codes.ts';
import { makeObjection } from '../../../support/objections.ts';
import { policy } from '../../../support/policy.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 9, minute)).toISOString();
let ids = 0;
const clock = (minute: number) => ({ newId: () => `id-${++ids}`, now: () => new Date(at(minute)) });
const objection = (made: Partial<Objection> = {}, minute = 0) => makeObjection(clock(minute), made);
const reversal = (reverses: string, from?: string): ObjectionStatement => ({
  ...objection(),
  says: 'reversal',
  reverses,
  from,
});

const trusts = ['T9A', 'T9B', 'T9M', 'Y90001'];
const some = <Item>(items: readonly Item[]) => fc.subarray([...items], { minLength: 1 });
const scopes = fc.record(
  { sources: some(trusts), viewers: some(trusts), sections: some(sectionCodes) },
  { requiredKeys: [] },
);

describe('what an objection keeps back', () => {
  it('is the whole record for everybody when it names nothing', () => {
    const sight = sightUnder([objection()], 'T9A', at(1));
    expect(sight.refused).toBe(true);
  });

  it('is what it names and nothing else, from everybody but who sent it', () => {
    fc.assert(
      fc.property(
        scopes,
        fc.constantFrom(...trusts),
        fc.constantFrom(...trusts),
        fc.constantFrom(...sectionCodes),
        (scope, viewer, source, section) => {
          const sight = sightUnder([objection({ scope })], viewer, at(1));
          const concerns = scope.viewers === undefined || scope.viewers.includes(viewer);
          expect(sight.refused).toBe(concerns && !scope.sources && !scope.sections);
          expect(sight.withholds(source, section)).toBe(
            concerns &&
              source !== viewer &&
              (scope.sources === undefined || scope.sources.includes(source)) &&
              (scope.sections === undefined || scope.sections.includes(section)),
          );
        },
      ),
    );
  });

  it('only grows with more objections', () => {
    fc.assert(
      fc.property(
        fc.array(scopes, { maxLength: 4 }),
        scopes,
        fc.constantFrom(...trusts),
        (held, added, viewer) => {
          const before = sightUnder(
            held.map((scope) => objection({ scope })),
            viewer,
            at(1),
          );
          const after = sightUnder(
            [...held, added].map((scope) => objection({ scope })),
            viewer,
            at(1),
          );
          if (before.refused) expect(after.refused).toBe(true);
          for (const source of trusts)
            for (const section of sectionCodes)
              if (before.withholds(source, section)) expect(after.withholds(source, section)).toBe(true);
        },
      ),
    );
  });

  it('is nothing of direct care for the national data opt-out and Type 1, whatever else they say', () => {
    for (const kind of objectionKinds)
      for (const scope of [{}, { sources: ['T9B'] }]) {
        const sight = sightUnder([objection({ kind, scope })], 'T9A', at(1));
        expect(sight.refused || sight.withholds('T9B', 'allergies')).toBe(kind === 'direct-care');
      }
  });
});

describe('when an objection holds', () => {
  it('is from its date until its end', () => {
    const dated = objection({ from: at(10), until: at(20) });
    const refusedAt = (minute: number) => sightUnder([dated], 'T9A', at(minute)).refused;
    expect([9, 10, 19, 20].map(refusedAt)).toEqual([false, true, true, false]);
    expect(standingAt([dated], at(5))).toEqual([dated]);
  });

  it('is at once without a date, however far the clock of whoever reads is behind', () => {
    expect(sightUnder([objection({}, 10)], 'T9A', at(0)).refused).toBe(true);
  });

  it('is until its own reversal begins; another stays', () => {
    const [first, second] = [objection(), objection({ scope: { sources: ['T9B'] } })];
    const said = [first, second, reversal(first.id, at(10))];
    expect(sightUnder(said, 'T9A', at(9)).refused).toBe(true);
    const after = sightUnder(said, 'T9A', at(10));
    expect([after.refused, after.withholds('T9B', 'allergies')]).toEqual([false, true]);
  });

  it('can be told for any instant of the past', () => {
    const first = objection({}, 5);
    const said = [first, { ...reversal(first.id), recordedAt: at(10) }];
    const refusedThen = (minute: number) => sightUnder(saidBy(said, at(minute)), 'T9A', at(minute)).refused;
    expect([4, 5, 9, 10].map(refusedThen)).toEqual([false, true, true, false]);
  });
});

describe('the intake rules of an area', () => {
  const area = rulesFor(policy.objections, 'T9M');
  const request = { askedBy: 'professional', reason: 'Agreed with the patient', scope: {} } as const;

  it('are those of the organisation on whose behalf it is recorded', () => {
    expect(area).toMatchObject({ clinicianLed: true });
    expect(rulesFor(policy.objections, 'T9A')).toEqual(policy.objections.everywhere);
  });

  it('say what is missing, each thing by its place', () => {
    const clinician = { role: 'clinician' } as const;
    expect(brokenRules(area, clinician, request)).toEqual([]);
    expect(brokenRules(area, clinician, { ...request, reason: undefined })).toHaveLength(1);
    expect(brokenRules(area, clinician, { ...request, askedBy: 'patient' })).toHaveLength(1);
    expect(brokenRules(area, { role: 'privacy-officer' }, request)).toHaveLength(1);
    expect(
      brokenRules(area, clinician, { ...request, scope: { sources: ['T9B'], viewers: ['T9A'] } }),
    ).toHaveLength(2);
    expect(brokenRules(area, clinician, { ...request, scope: { sections: ['results'] } })).toEqual([]);
  });

  it('allow everything to whoever may record where a region says nothing', () => {
    const { areas, everywhere } = objectionRulesSchema.parse(undefined);
    expect(areas).toEqual([]);
    expect(
      brokenRules(everywhere, { role: 'gp' }, { askedBy: 'patient', scope: { viewers: ['T9A'] } }),
    ).toEqual([]);
  });

  it('name organisations of the region, each in one area', () => {
    const { areas, everywhere } = policy.objections;
    const [one] = areas;
    if (!one) throw new Error('the test policy has no area');
    const two = { ...one, organisations: ['T9M', 'T9Z'] };
    const { organisations } = policy;
    expect(objectionRuleFindings({ objections: { everywhere, areas: [one, two] }, organisations })).toEqual([
      'T9M is in two areas',
      'an area names T9Z, which is not listed',
    ]);
  });
});
