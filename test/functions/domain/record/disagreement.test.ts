import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDisagreements, type Statement } from '../../../../functions/domain/record/disagreement.ts';

const snomed = 'http://snomed.info/sct';
const clinical = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';

let count = 0;
function statement(ods: string, resource: { resourceType: string }, date = '2024-05-01'): Statement {
  count += 1;
  return { ods, reference: `${resource.resourceType}/e${count}`, date, resource };
}
const allergy = (ods: string, text: string, more: object = {}) =>
  statement(ods, { resourceType: 'AllergyIntolerance', ...{ code: { text } }, ...more });
const noneKnown = (ods: string, code = '716186003') =>
  allergy(ods, 'None', { code: { coding: [{ system: snomed, code }] } });
const state = (code: string) => ({ clinicalStatus: { coding: [{ system: clinical, code }] } });
const medicine = (ods: string, text: string, status: string, dose?: string) =>
  statement(ods, {
    resourceType: 'MedicationRequest',
    ...{ status, medicationCodeableConcept: { text } },
    ...(dose && { dosageInstruction: [{ text: dose }] }),
  });

/** Kind and organisations of each. */
const told = (section: 'allergies' | 'medications', statements: readonly Statement[]) =>
  findDisagreements(section, statements).map(({ kind, sides }) => [kind, ...sides.map(({ ods }) => ods)]);

describe('two organisations that differ on an allergy', () => {
  it('GP: penicillin allergy; trust: none known', () => {
    const [found] = findDisagreements('allergies', [noneKnown('T9A'), allergy('Y90001', 'Penicillin')]);
    expect(found).toMatchObject({
      kind: 'none-known-but-recorded',
      about: 'Penicillin',
      sides: [
        { ods: 'T9A', says: 'none known' },
        { ods: 'Y90001', says: 'current' },
      ],
    });
  });

  it('an empty List whose reason is nilknown is none known too; not asked is not', () => {
    const list = (reason: string) =>
      statement('T9A', { resourceType: 'List', ...{ emptyReason: { coding: [{ code: reason }] } } });
    expect(told('allergies', [list('nilknown'), allergy('T9B', 'Latex')])).toHaveLength(1);
    expect(told('allergies', [list('notasked'), allergy('T9B', 'Latex')])).toEqual([]);
    expect(told('allergies', [noneKnown('T9A', '1631000175102'), allergy('T9B', 'Latex')])).toEqual([]);
  });

  it('no known drug allergy does not deny an allergy to food', () => {
    const peanut = allergy('T9B', 'Peanut', { category: ['food'] });
    expect(told('allergies', [noneKnown('T9A', '409137002'), peanut])).toEqual([]);
    const penicillin = allergy('T9B', 'Penicillin', { category: ['medication'] });
    expect(told('allergies', [noneKnown('T9A', '409137002'), penicillin])).toHaveLength(1);
  });

  it('active here, resolved or refuted there; the same substance by code or by words', () => {
    const coded = (ods: string, more: object) =>
      allergy(ods, '', {
        code: { coding: [{ system: snomed, code: '91936005' }], text: `of ${ods}` },
        ...more,
      });
    expect(told('allergies', [coded('T9A', state('active')), coded('T9B', state('resolved'))])).toEqual([
      ['status-differs', 'T9A', 'T9B'],
    ]);
    const refuted = { verificationStatus: { coding: [{ code: 'refuted' }] } };
    expect(told('allergies', [allergy('T9A', 'LATEX '), allergy('T9B', 'latex', refuted)])).toHaveLength(1);
  });

  it('of high risk here, of low risk there', () => {
    const rated = (ods: string, criticality: string) => allergy(ods, 'Aspirin', { criticality });
    expect(told('allergies', [rated('T9A', 'high'), rated('T9B', 'low')])).toEqual([
      ['criticality-differs', 'T9A', 'T9B'],
    ]);
    expect(told('allergies', [rated('T9A', 'high'), rated('T9B', 'unable-to-assess')])).toEqual([]);
  });
});

describe('two organisations that differ on a current medicine', () => {
  it.each([
    ['another strength', 'Ramipril 5mg capsules', 'Ramipril 2.5 mg capsules', undefined, undefined],
    ['another dose', 'Ramipril', 'Ramipril', 'One tablet daily', 'Two tablets daily'],
  ])('%s', (_, one, other, oneDose, otherDose) => {
    expect(
      told('medications', [
        medicine('T9A', one, 'active', oneDose),
        medicine('Y90001', other, 'active', otherDose),
      ]),
    ).toEqual([['dose-differs', 'T9A', 'Y90001']]);
  });

  it('active here, stopped there', () => {
    expect(
      told('medications', [
        medicine('T9A', 'Warfarin 3mg tablets', 'stopped'),
        medicine('Y90001', 'Warfarin 3mg tablets', 'active'),
      ]),
    ).toEqual([['status-differs', 'T9A', 'Y90001']]);
  });

  it('says nothing of one dose in two ways of writing it, of a course that was completed, or of what one does not tell', () => {
    const same = [
      medicine('T9A', 'Amlodipine 5mg tablets', 'active', 'ONE tablet once a day'),
      medicine('Y90001', 'Amlodipine 5 mg tablets', 'active', '1 tablet od'),
      medicine('T9B', 'Amlodipine', 'active'),
      medicine('T9M', 'Amlodipine 5mg tablets', 'completed'),
    ];
    expect(told('medications', same)).toEqual([]);
  });
});

const organisation = fc.constantFrom('T9A', 'T9B', 'Y90001');
const statements = fc.array(
  fc.oneof(
    fc
      .tuple(organisation, fc.constantFrom('Penicillin', 'Latex'), fc.constantFrom('active', 'resolved'))
      .map(([ods, text, code]) => allergy(ods, text, state(code))),
    organisation.map((ods) => noneKnown(ods)),
    fc
      .tuple(
        organisation,
        fc.constantFrom('Ramipril 5mg', 'Ramipril 10mg', 'Warfarin'),
        fc.constantFrom('active', 'stopped', 'completed'),
      )
      .map(([ods, text, status]) => medicine(ods, text, status)),
  ),
  { maxLength: 12 },
);
const sections = ['allergies', 'medications'] as const;

describe('any statements', () => {
  it('are compared alike in whatever order they come', () => {
    fc.assert(
      fc.property(statements, fc.infiniteStream(fc.nat()), (given, order) => {
        const shuffled = given
          .map((one) => [order.next().value ?? 0, one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
        for (const section of sections)
          expect(findDisagreements(section, shuffled)).toEqual(findDisagreements(section, given));
      }),
    );
  });

  it('of one organisation never differ; each difference has sides of several, and names only what was given', () => {
    fc.assert(
      fc.property(statements, (given) => {
        for (const section of sections) {
          const mine = given.filter(({ ods }) => ods === 'T9A');
          expect(findDisagreements(section, mine)).toEqual([]);
          for (const { about, sides } of findDisagreements(section, given)) {
            expect(about).not.toBe('');
            expect(new Set(sides.map(({ ods }) => ods)).size).toBe(sides.length);
            expect(sides.length).toBeGreaterThan(1);
            for (const { ods, references } of sides)
              for (const reference of references)
                expect(given).toContainEqual(expect.objectContaining({ ods, reference }));
          }
        }
      }),
    );
  });

  it('that all organisations make alike are no difference', () => {
    fc.assert(
      fc.property(statements, (given) => {
        const everywhere = given.flatMap((one) =>
          ['T9A', 'T9B'].map((ods) => ({ ...one, ods, reference: `${one.reference}-${ods}` })),
        );
        for (const section of sections) expect(findDisagreements(section, everywhere)).toEqual([]);
      }),
    );
  });
});
