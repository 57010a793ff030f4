import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryVisibility } from '../../../../functions/domain/access/entry-visibility.ts';
import { sensitiveCategories } from '../../../../functions/domain/access/sensitive-codes.ts';
import { sensitiveLabels } from '../../../../functions/domain/access/sensitive-labels.ts';
import { policy } from '../../../support/policy.ts';

const coded = (system: string, code: string) => ({
  resourceType: 'Condition',
  id: 'c1',
  code: { coding: [{ system, code }] },
});

describe('a resource is labelled', () => {
  it('by every code, ingredient and word of its category', () => {
    for (const { icd10, ingredients, label, loinc = [], snomed, terms } of sensitiveCategories) {
      for (const code of snomed)
        expect(sensitiveLabels(coded('http://snomed.info/sct', code))).toEqual([label]);
      for (const code of loinc) expect(sensitiveLabels(coded('http://loinc.org', code))).toEqual([label]);
      for (const code of icd10) {
        const detailed = code.includes('.') ? code : `${code}.9`;
        for (const written of [code, detailed, detailed.replace('.', '')])
          expect(sensitiveLabels(coded('http://hl7.org/fhir/sid/icd-10', written))).toEqual([label]);
      }
      for (const ingredient of ingredients)
        expect(
          sensitiveLabels({
            medicationCodeableConcept: { text: `${ingredient.toUpperCase()} 300mg tablets` },
          }),
        ).toEqual([label]);
      for (const term of terms)
        expect(sensitiveLabels({ note: [{ text: `Seen: ${term}.` }] })).toEqual([label]);
    }
  });

  it('wherever it tells: in a contained medicine, a reference’s words, an answer, a title', () => {
    expect(
      sensitiveLabels({
        contained: [
          { resourceType: 'Medication', ingredient: [{ itemCodeableConcept: { text: 'Dolutegravir' } }] },
        ],
      }),
    ).toEqual(['HIV']);
    expect(sensitiveLabels({ encounter: { reference: 'Encounter/1', display: 'GUM clinic' } })).toEqual([
      'STD',
    ]);
    expect(sensitiveLabels({ component: [{ valueString: 'Syphilis serology positive' }] })).toEqual(['STD']);
    expect(
      sensitiveLabels({ content: [{ attachment: { title: 'Letter of the gender identity clinic' } }] }),
    ).toEqual(['GENDER-REASSIGNMENT']);
  });

  it('with nothing for what is only like it', () => {
    for (const text of [
      'Achive goals',
      'Penicillin',
      'Spontaneous miscarriage',
      'Sexual abuse helpline',
      'Shivering',
    ])
      expect(sensitiveLabels({ code: { text } })).toEqual([]);
    expect(sensitiveLabels(coded('http://hl7.org/fhir/sid/icd-10', 'N80.9'))).toEqual([]);
    // A number of another system is another thing.
    expect(sensitiveLabels(coded('https://example.org/local', '86406008'))).toEqual([]);
  });

  it('in time that grows with its length alone', () => {
    const started = performance.now();
    expect(sensitiveLabels({ text: 'a'.repeat(400_000) })).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2_000);
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), (any) => {
        expect(sensitiveLabels(any)).toBeInstanceOf(Array);
      }),
    );
  });
});

describe('a category that the region shows to a role', () => {
  const caller = {
    subject: 'u1',
    name: 'Ada Quay',
    role: 'clinician',
    organisation: 'T9A',
    purpose: 'directcare',
    tokenId: 't1',
  } as const;
  const open = {
    ...policy,
    sensitiveEntries: [{ category: 'HIV' as const, shownTo: ['clinician' as const] }],
  };
  const entry = { ods: 'T9B', enteredInError: false, securityLabels: ['HIV'] };

  it('is shown to it and to no other, and nothing else is', () => {
    expect(entryVisibility(policy, caller, entry)).toBe('withheld');
    expect(entryVisibility(open, caller, entry)).toBe('shown');
    expect(entryVisibility(open, { ...caller, role: 'gp' }, entry)).toBe('withheld');
    for (const securityLabels of [['STD'], ['HIV', 'STD'], ['HIV', 'R'], ['V']])
      expect(entryVisibility(open, caller, { ...entry, securityLabels })).toBe('withheld');
  });
});
