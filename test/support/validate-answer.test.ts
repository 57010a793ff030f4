import { expect, test } from 'vitest';
import { fhirProblems } from './validate-answer.ts';

const bundle = (resource: object) => ({ resourceType: 'Bundle', type: 'searchset', entry: [{ resource }] });

test.each([
  ['an element that FHIR does not have', { resourceType: 'Patient', nickname: 'Bee' }, 'nickname'],
  ['a missing element', { resourceType: 'Flag', status: 'active', code: { text: 'x' } }, 'subject'],
  ['a date of month 13', { resourceType: 'Patient', birthDate: '1971-13-01' }, 'birthDate'],
  ['a time of hour 25', { resourceType: 'Patient', deceasedDateTime: '2024-05-01T25:00:00Z' }, 'deceased'],
  ['one value for a list', { resourceType: 'Patient', name: { family: 'Lockwood' } }, 'name'],
  ['a type that FHIR does not have', { resourceType: 'Person2' }, 'Person2'],
])('%s is named, also inside a Bundle', (_, resource, place) => {
  expect(fhirProblems(resource).join()).toContain(place);
  expect(fhirProblems(bundle(resource)).join()).toContain(place);
});

test('what is FHIR passes, and so does what is none', () => {
  expect(fhirProblems(bundle({ resourceType: 'Patient', birthDate: '1971-03-09' }))).toEqual([]);
  expect(fhirProblems({ views: 3 })).toEqual([]);
});
