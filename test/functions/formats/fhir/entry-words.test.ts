import type { FhirResource } from 'fhir/r4.js';
import { describe, expect, it } from 'vitest';
import { entryDetail, entryName, entryState } from '../../../../functions/formats/fhir/entry-words.ts';

const resource = (resourceType: string, elements: object = {}) =>
  ({ resourceType, ...elements }) as FhirResource;

describe('the name of an entry', () => {
  it.each([
    ['its own text before any coding', { code: { text: 'Asthma', coding: [{ display: 'x' }] } }, 'Asthma'],
    ['the display of its coding', { code: { coding: [{ code: '1' }, { display: 'Asthma' }] } }, 'Asthma'],
    ['a code where there are no words', { code: { coding: [{ code: '195967001' }] } }, '195967001'],
    ['the words beside a reference', { medicationReference: { display: 'Aspirin' } }, 'Aspirin'],
    [
      'a medicine inside it',
      {
        medicationReference: { reference: '#m' },
        contained: [{ resourceType: 'Medication', code: { text: 'Aspirin' } }],
      },
      'Aspirin',
    ],
    ['its type where it has no words at all', {}, 'MedicationRequest'],
    ['its type where what it has is odd', { code: [null, 7, { text: ' ' }] }, 'MedicationRequest'],
  ])('is %s', (_, elements, name) => {
    expect(entryName(resource('MedicationRequest', elements))).toBe(name);
  });
});

describe('the detail of an entry', () => {
  it.each([
    [{ valueQuantity: { comparator: '<', value: 5, unit: 'mg/L' } }, '< 5 mg/L'],
    [{ valueCodeableConcept: { text: 'Positive' } }, 'Positive'],
    [{ valueString: 'Seen' }, 'Seen'],
    [{ dataAbsentReason: { text: 'Haemolysed' } }, 'Haemolysed'],
    [{ conclusion: 'Normal' }, 'Normal'],
    [{ dosageInstruction: [{ text: 'One daily' }] }, 'One daily'],
    [{ valueQuantity: { unit: 'mg/L' } }, ''],
    [{}, ''],
  ])('of %j is %j', (elements, detail) => {
    expect(entryDetail(resource('Observation', elements))).toBe(detail);
  });
});

describe('the state of an entry', () => {
  it.each([
    [{ status: 'final' }, 'final'],
    [
      {
        clinicalStatus: { coding: [{ code: 'active' }] },
        verificationStatus: { coding: [{ code: 'unconfirmed' }] },
      },
      'active, unconfirmed',
    ],
    [{ lifecycleStatus: 'planned' }, 'planned'],
    [{}, ''],
  ])('of %j is %j', (elements, state) => {
    expect(entryState(resource('Goal', elements))).toBe(state);
  });
});
