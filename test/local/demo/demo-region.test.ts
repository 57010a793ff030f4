import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNhsNumber } from '../../../functions/domain/identity/nhs-number.ts';
import { sectionCodes } from '../../../functions/domain/record/section-codes.ts';
import { sectionOf } from '../../../functions/domain/record/section-of.ts';
import { readClinicalResource } from '../../../functions/formats/fhir/clinical-resource.ts';
import { nhsNumberSystem } from '../../../functions/formats/fhir/identifier-systems.ts';
import { readPatient } from '../../../functions/formats/fhir/patient.ts';
import { loadRegions } from '../../../lib/config/load-regions.ts';
import { makeDemoRegion } from '../../../local/demo/demo-region.ts';
import { breakCheckDigit, testNhsNumbers } from '../../../local/demo/nhs-numbers.ts';

const regions = await loadRegions();
const now = Date.UTC(2026, 5, 1);

function make(region: string, seed: number) {
  const policy = regions.get(region)?.policy;
  if (!policy) throw new Error(`no region ${region}`);
  return makeDemoRegion(policy, { seed, now });
}

const london = make('london', 1);
const records = london.waves.flat();

describe('made-up people', () => {
  test('the same seed and time make the same region, another seed another', () => {
    expect(make('london', 7)).toEqual(make('london', 7));
    expect(make('london', 7)).not.toEqual(make('london', 8));
  });

  test('every patient and every entry is one that the region itself accepts, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...regions.keys()), (seed, region) => {
        for (const { entries, patient } of make(region, seed).waves.flat()) {
          expect(readPatient(patient)).toMatchObject({ ok: true });
          for (const entry of entries) expect(readClinicalResource(entry)).toMatchObject({ ok: true });
        }
      }),
      { numRuns: 5 },
    );
  });

  test('every NHS number is of the test range, and valid but for the one in quarantine', () => {
    const invalid = records.filter(({ patient }) =>
      (patient.identifier ?? []).some(({ system, value = '' }) => {
        expect(system).toBe(nhsNumberSystem);
        expect(value).toMatch(/^999\d{7}$/);
        return !parseNhsNumber(value).ok;
      }),
    );
    expect(invalid.map(({ hero }) => hero)).toEqual(['nadia']);
  });

  test('each organisation of the region sends some, and each local id only once but for one that is overwritten', () => {
    const senders = new Set(records.map(({ organisation }) => organisation));
    expect(senders).toEqual(new Set(regions.get('london')?.policy.organisations.map(({ ods }) => ods)));
    expect(new Set(records.map(({ patient }) => patient.id)).size).toBe(records.length - 1);
    expect(london.waves.at(-1)).toHaveLength(1);
  });

  test('about a hundred people, some of whom another clerk spells otherwise', () => {
    expect(london.personCount).toBe(102);
    const spellings = new Map<string, Set<string>>();
    for (const { patient } of records) {
      const number = patient.identifier?.find(({ use }) => use !== 'old')?.value ?? '';
      const [name] = patient.name ?? [];
      const spelt = `${name?.given?.[0]} ${name?.family}`;
      spellings.set(number, (spellings.get(number) ?? new Set()).add(spelt));
    }
    expect([...spellings.values()].filter(({ size }) => size > 1).length).toBeGreaterThan(3);
  });

  test("the walk-through's person has something in every section", () => {
    const found = new Set(
      records
        .filter(({ hero }) => hero === 'marian')
        .flatMap(({ entries }) => entries.map((entry) => sectionOf({ ...entry }))),
    );
    expect([...sectionCodes].filter((code) => !found.has(code))).toEqual([]);
  });

  test('the superseded number is sent before the one that replaces it', () => {
    const [first, second] = london.waves;
    const old = first?.[0]?.patient.identifier?.[0]?.value;
    const replacing = second?.find(({ hero }) => hero === 'grace')?.patient.identifier ?? [];
    expect(replacing.find(({ use }) => use === 'old')?.value).toBe(old);
    expect(replacing.find(({ use }) => use === undefined)?.value).not.toBe(old);
  });
});

describe('test-range numbers', () => {
  test('each is valid, and different from all before', () => {
    const numbers = testNhsNumbers();
    const taken = Array.from({ length: 500 }, () => numbers.next().value);
    expect(new Set(taken).size).toBe(500);
    expect(taken.filter((number) => !parseNhsNumber(number).ok)).toEqual([]);
  });

  test('a broken check digit is always broken', () => {
    const numbers = testNhsNumbers();
    for (let count = 0; count < 200; count += 1)
      expect(parseNhsNumber(breakCheckDigit(numbers.next().value)).ok).toBe(false);
  });
});
