import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Agreement,
  type AgreementPolicy,
  agreementFindings,
  agreementSchema,
  agreementsOn,
  mayView,
  sharesSection,
} from '../../../../functions/domain/access/agreement.ts';
import { type Role, roles } from '../../../../functions/domain/access/roles.ts';
import { type SectionCode, sectionCodes } from '../../../../functions/domain/record/section-codes.ts';

const organisations = [
  { ods: 'T9A', region: 'london' },
  { ods: 'T9B', region: 'london' },
  { ods: 'T9H', region: 'herts' },
];
const from = '2026-04-01';
const policyOf = (...agreements: Agreement[]): AgreementPolicy => ({ organisations, agreements });
const viewer = { organisation: 'T9A', role: 'clinician' } as const;

const roleNames = Object.keys(roles) as Role[];
const listOf = <Value>(values: readonly Value[]) =>
  fc.oneof(fc.constant('all' as const), fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 }));
const anyRoles = listOf<Role>(roleNames);
const anySections = listOf<SectionCode>(sectionCodes);
const anyWith = fc.oneof(
  fc.constant('all' as const),
  fc.record(
    {
      organisations: fc.uniqueArray(fc.constantFrom('T9A', 'T9B', 'T9H')),
      regions: fc.uniqueArray(fc.constantFrom('london', 'herts')),
    },
    { requiredKeys: [] },
  ),
);
const includes = <Value>(listed: 'all' | readonly Value[], value: Value) =>
  listed === 'all' || listed.includes(value);

describe('default deny', () => {
  it('lets nobody view and shares nothing where no rule says so', () => {
    const empty = policyOf({ organisation: 'T9B', view: [], share: [] });
    for (const section of sectionCodes) {
      expect(mayView(empty, { ...viewer, organisation: 'T9B' }, section)).toBe(false);
      expect(sharesSection(empty, 'T9B', section, viewer)).toBe(false);
    }
    expect(mayView(empty, viewer)).toBe(false);
  });

  it('knows no agreement of an organisation that is not listed', () => {
    const unlisted = policyOf({
      organisation: 'T9Z',
      view: [{ roles: 'all', sections: 'all', from }],
      share: [{ sections: 'all', roles: 'all', with: 'all', from }],
    });
    expect(mayView(unlisted, { ...viewer, organisation: 'T9Z' })).toBe(false);
    expect(sharesSection(unlisted, 'T9Z', 'allergies', viewer)).toBe(false);
  });
});

describe('view and share', () => {
  it('are separate: who shares everything does not view, who views does not share', () => {
    const views = { view: [{ roles: 'all' as const, sections: 'all' as const, from }], share: [] };
    const shares = {
      view: [],
      share: [{ sections: 'all' as const, roles: 'all' as const, with: 'all' as const, from }],
    };
    const policy = policyOf({ organisation: 'T9A', ...views }, { organisation: 'T9B', ...shares });
    expect(mayView(policy, viewer, 'results')).toBe(true);
    expect(sharesSection(policy, 'T9A', 'results', { ...viewer, organisation: 'T9B' })).toBe(false);
    expect(mayView(policy, { ...viewer, organisation: 'T9B' }, 'results')).toBe(false);
    expect(sharesSection(policy, 'T9B', 'results', viewer)).toBe(true);
  });

  it('open exactly the cells of organisation × role × section that a rule names', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ roles: anyRoles, sections: anySections }), { maxLength: 3 }),
        fc.array(fc.record({ roles: anyRoles, sections: anySections, with: anyWith }), { maxLength: 3 }),
        fc.constantFrom(...roleNames),
        fc.constantFrom(...sectionCodes),
        fc.constantFrom(...organisations),
        (view, share, role, section, { ods, region }) => {
          const policy = policyOf({
            organisation: 'T9B',
            view: view.map((rule) => ({ ...rule, from })),
            share: share.map((rule) => ({ ...rule, from })),
          });
          expect(mayView(policy, { organisation: 'T9B', role }, section)).toBe(
            view.some((rule) => includes(rule.roles, role) && includes(rule.sections, section)),
          );
          expect(sharesSection(policy, 'T9B', section, { organisation: ods, role })).toBe(
            share.some(
              (rule) =>
                includes(rule.roles, role) &&
                includes(rule.sections, section) &&
                (rule.with === 'all' ||
                  [...(rule.with.organisations ?? []), ...(rule.with.regions ?? [])].some((name) =>
                    [ods, region].includes(name),
                  )),
            ),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('validity', () => {
  it('is from the first day to the last, both included', () => {
    const rule = { roles: 'all', sections: 'all', from, until: '2026-06-30' } as const;
    const agreements = [{ organisation: 'T9A', view: [rule], share: [{ ...rule, with: 'all' as const }] }];
    const holds = (day: string) => {
      const [one] = agreementsOn(agreements, day);
      return [one?.view.length, one?.share.length];
    };
    expect(['2026-03-31', '2026-04-01', '2026-06-30', '2026-07-01'].map(holds)).toEqual([
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
  });
});

describe('agreements that are wrong', () => {
  const rule = { sections: 'all', roles: 'all', with: 'all', from };
  it.each([
    ['a rule that ends before it begins', { share: [{ ...rule, until: '2026-03-31' }] }],
    ['a day that is none', { share: [{ ...rule, from: '2026-02-30' }] }],
    ['a rule without a first day', { view: [{ roles: 'all', sections: 'all' }] }],
    ['a role that there is not', { view: [{ roles: ['surgeon'], sections: 'all', from }] }],
    ['a section that there is not', { view: [{ roles: 'all', sections: ['secrets'], from }] }],
    ['no section', { view: [{ roles: 'all', sections: [], from }] }],
    ['a field that there is not', { view: [{ roles: 'all', sections: 'all', from, unless: 'x' }] }],
  ])('are refused: %s', (_what, changes) => {
    const agreement = { organisation: 'T9A', view: [], share: [], ...changes };
    expect(agreementSchema.safeParse(agreement).success).toBe(false);
  });

  it('are found where they name somebody twice, or somebody who is not listed', () => {
    const share = (partners: object) => [{ sections: 'all', roles: 'all', with: partners, from }];
    const parse = (organisation: string, partners: object) =>
      agreementSchema.parse({ organisation, view: [], share: share(partners) });
    expect(
      agreementFindings(
        policyOf(
          parse('T9A', { organisations: ['T9Z'] }),
          parse('T9A', { regions: ['kent'] }),
          parse('T9Q', { organisations: ['T9B'] }),
        ),
      ),
    ).toEqual([
      {
        path: ['agreements', 0, 'share', 0, 'with'],
        message: 'names an organisation that is not listed here',
      },
      { path: ['agreements', 1, 'organisation'], message: 'has an agreement already' },
      {
        path: ['agreements', 1, 'share', 0, 'with'],
        message: 'names a region of which no organisation is listed here',
      },
      { path: ['agreements', 2, 'organisation'], message: 'is not listed here' },
    ]);
    expect(agreementFindings(policyOf(parse('T9A', { regions: ['herts'] })))).toEqual([]);
  });
});
