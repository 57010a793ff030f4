import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import { type Contribution, composeGolden } from '../../../../functions/domain/identity/golden-record.ts';

type Details = { readonly name?: string[]; readonly address?: string[]; readonly telecom?: string[] };

const practice = { trust: 0, sentAt: '2026-01-01T00:00:00.000Z', source: 'SOURCE#Y90001#1' };
const trust = { trust: 1, sentAt: '2026-06-01T00:00:00.000Z', source: 'SOURCE#T9A#2' };

function says(
  from: Omit<Contribution<Details>, 'demographics' | 'details'>,
  demographics: Partial<Demographics>,
  details: Details = {},
): Contribution<Details> {
  return {
    ...from,
    demographics: { names: [], deceased: false, restricted: false, ...demographics },
    details,
  };
}

describe('the golden record', () => {
  it('takes what seldom changes from the most trusted source, whoever wrote last', () => {
    const golden = composeGolden([
      says(trust, {
        birthDate: '1971-03-08',
        gender: 'male',
        names: [{ family: 'Lockwod', given: ['Jon'] }],
      }),
      says(practice, {
        birthDate: '1971-03-09',
        gender: 'female',
        names: [{ family: 'Lockwood', given: ['Joan'] }],
      }),
    ]);
    expect(golden.demographics).toMatchObject({ birthDate: '1971-03-09', gender: 'female' });
    expect(golden.demographics.names[0]).toEqual({ family: 'Lockwood', given: ['Joan'] });
    expect(golden.provenance).toEqual({ [practice.source]: ['name', 'birthDate', 'gender'] });
  });

  it('takes the address and what else changes with a move from the newest message, whole', () => {
    const golden = composeGolden([
      says(
        practice,
        { postcode: 'E2 8AA', generalPractitioner: 'Y90001' },
        { address: ['old'], telecom: ['1'] },
      ),
      says(trust, { postcode: 'N1 1AA', generalPractitioner: 'Y90002' }, { address: ['new'] }),
    ]);
    expect(golden.demographics).toMatchObject({ postcode: 'N1 1AA', generalPractitioner: 'Y90002' });
    expect(golden.details).toEqual({ address: ['new'], telecom: ['1'] });
    expect(golden.provenance).toEqual({
      [trust.source]: ['address', 'generalPractitioner'],
      [practice.source]: ['telecom'],
    });
  });

  it.each([
    ['birthDate', '1900-01-01', '1971-03-09'],
    ['postcode', 'ZZ99 3VZ', 'E2 8AA'],
    ['gender', 'unknown', 'female'],
  ])('prefers any real %s to a filler', (field, filler, real) => {
    const [better, worse] = field === 'postcode' ? [trust, practice] : [practice, trust];
    const golden = composeGolden([says(better, { [field]: filler }), says(worse, { [field]: real })]);
    expect(golden.demographics).toMatchObject({ [field]: real });
    expect(composeGolden([says(better, { [field]: filler })]).demographics).toMatchObject({
      [field]: filler,
    });
  });

  it('holds a death and a restriction that any source reports, until that source takes it back', () => {
    const dead = says(trust, { deceased: true, deathDate: '2026-05-05', restricted: true });
    const golden = composeGolden([says(practice, {}), dead]);
    expect(golden.demographics).toMatchObject({ deceased: true, deathDate: '2026-05-05', restricted: true });
    expect(golden.restrictedBy).toEqual([trust.source]);
    expect(composeGolden([says(practice, {}), says(trust, {})]).demographics).toMatchObject({
      deceased: false,
      restricted: false,
    });
  });

  it('keeps the other sources’ names behind the chosen one, each once', () => {
    const married = { family: 'Weir', given: ['Ann'] };
    const maiden = { family: 'Quay', given: ['Ann'] };
    const golden = composeGolden([
      says(trust, { names: [maiden, married] }),
      says(practice, { names: [married] }),
    ]);
    expect(golden.demographics.names).toEqual([married, maiden]);
  });
});

const text = fc.constantFrom('A', 'B', 'C');
const list = fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined });
const contribution = (index: number): fc.Arbitrary<Contribution<Details>> =>
  fc.record({
    source: fc.constant(`SOURCE#T9A#${index}`),
    trust: fc.nat(2),
    sentAt: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'),
    demographics: fc.record(
      {
        names: fc.array(fc.record({ family: text, given: fc.array(text, { maxLength: 2 }) }), {
          maxLength: 2,
        }),
        birthDate: fc.constantFrom('1900-01-01', '1971-03-09', '1971'),
        gender: fc.constantFrom('male', 'female', 'unknown'),
        postcode: fc.constantFrom('E2 8AA', 'ZZ99 3VZ'),
        generalPractitioner: text,
        deceased: fc.boolean(),
        deathDate: fc.constantFrom('2026-05-05', '2026'),
        restricted: fc.boolean(),
      },
      { requiredKeys: ['names', 'deceased', 'restricted'] },
    ) as fc.Arbitrary<Demographics>,
    details: fc.record(
      { name: list, address: list, telecom: list },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Details>,
  });
const contributions = fc
  .integer({ min: 1, max: 5 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => contribution(index))));

describe('for any source records, the golden record', () => {
  it('does not depend on their order', () =>
    fc.assert(
      fc.property(contributions, fc.nat(), (all, by) => {
        const turned = [...all.slice(by % all.length), ...all.slice(0, by % all.length)];
        expect(composeGolden(turned.toReversed())).toEqual(composeGolden(all));
      }),
    ));

  it('says of each field one source, and has that source’s value', () =>
    fc.assert(
      fc.property(contributions, (all) => {
        const { demographics, provenance } = composeGolden(all);
        const fields = Object.values(provenance).flat();
        expect(new Set(fields).size).toBe(fields.length);
        for (const [source, decided] of Object.entries(provenance))
          for (const field of ['birthDate', 'gender', 'generalPractitioner'] as const)
            if (decided.includes(field))
              expect(demographics[field]).toBe(all.find((one) => one.source === source)?.demographics[field]);
      }),
    ));

  // A filler postcode gives way to an address that has none.
  it('loses no field that some source knows', () =>
    fc.assert(
      fc.property(contributions, (all) => {
        const { demographics } = composeGolden(all);
        for (const field of ['birthDate', 'gender', 'postcode', 'generalPractitioner'] as const)
          if (all.some(({ demographics: one }) => one[field] !== undefined && one[field] !== 'ZZ99 3VZ'))
            expect(demographics[field]).toBeDefined();
      }),
    ));
});
