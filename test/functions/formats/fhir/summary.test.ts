import type { Bundle, Composition } from 'fhir/r4.js';
import { describe, expect, it } from 'vitest';
import { type Emptiness, type Summary, writeSummary } from '../../../../functions/formats/fhir/summary.ts';
import { ipsProfile } from '../../../support/fhir-definitions.ts';
import { fhirProblems } from '../../../support/validate-answer.ts';

const nobody: Summary = {
  person: {
    personId: 'person-1',
    version: 1,
    demographics: {
      names: [{ family: 'Lockwood', given: ['Marian'] }],
      birthDate: '1971-03-09',
      restricted: false,
      deceased: false,
    } as unknown as Summary['person']['demographics'],
  },
  entries: [],
  disagreements: {},
  empty: {},
  withheld: false,
  silent: [],
  isPartial: false,
  nameOf: (ods) => `Organisation ${ods}`,
};

function write(changes: Partial<Summary>): Bundle {
  return writeSummary(
    { ...nobody, ...changes },
    {
      id: '0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001',
      madeAt: '2026-11-21T09:00:00.000Z',
      baseUrl: 'https://record.test/FHIR/R4',
      region: { region: 'test', name: 'Test region' },
    },
  );
}

function sectionsOf(bundle: Bundle) {
  const composition = bundle.entry?.[0]?.resource as Composition | undefined;
  return new Map((composition?.section ?? []).map((one) => [one.code?.coding?.[0]?.code, one]));
}

describe('a mandatory section without entries', () => {
  it.each<[Emptiness, string, string]>([
    ['none-known', 'nilknown', 'a source has said so'],
    ['none-recorded', 'notasked', 'None of them has said that there is none'],
    ['none-current', 'notasked', 'Nothing current'],
    ['unavailable', 'unavailable', 'could not be retrieved at this moment'],
    ['not-shared', 'unavailable', 'No organisation involved shares this'],
    ['withheld', 'withheld', 'confidential'],
    ['not-open', 'withheld', 'Not open to the role'],
  ])('that is %s says %s, in words of its own', (emptiness, code, words) => {
    const bundle = write({ empty: { conditions: emptiness, medications: emptiness, allergies: emptiness } });
    for (const loinc of ['11450-4', '10160-0', '48765-2']) {
      const section = sectionsOf(bundle).get(loinc);
      expect(section?.emptyReason?.coding?.[0]?.code).toBe(code);
      expect(section?.text?.div).toContain(words);
      expect(section?.entry).toBeUndefined();
    }
    expect(fhirProblems(bundle)).toEqual([]);
    expect(fhirProblems(bundle.entry?.[0]?.resource, ipsProfile('Composition'))).toEqual([]);
  });
});

describe('what a summary says of itself', () => {
  const about = (changes: Partial<Summary>) =>
    sectionsOf(write(changes)).get('completeness')?.text?.div ?? '';

  it('names who could not be asked, and not what is withheld', () => {
    expect(about({})).not.toMatch(/could not be asked|confidential|newest/);
    expect(about({ silent: ['T9B', 'T9M'] })).toMatch(/Organisation T9B could.*Organisation T9M could/);
    expect(about({ withheld: true })).toContain('Items are confidential and are not shown.');
    expect(about({ isPartial: true })).toContain('newest entries only');
  });
});
