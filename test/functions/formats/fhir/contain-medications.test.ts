import { describe, expect, it } from 'vitest';
import { containMedications } from '../../../../functions/formats/fhir/contain-medications.ts';

const timolol = { resourceType: 'Medication', id: 'm1', code: { text: 'Timolol' } };
const medications = new Map([['Medication/m1', timolol]]);

describe('containMedications', () => {
  it('keeps the Medication that an entry refers to inside the entry', () => {
    const request = {
      resourceType: 'MedicationRequest',
      id: 'r',
      medicationReference: { reference: 'Medication/m1' },
    };
    expect(containMedications(request, medications)).toEqual({
      ...request,
      medicationReference: { reference: '#m1' },
      contained: [timolol],
    });
  });

  it('adds it once, beside what the entry contained already', () => {
    const own = { resourceType: 'Practitioner', id: 'p' };
    const request = {
      resourceType: 'MedicationRequest',
      contained: [own],
      medicationReference: { reference: 'Medication/m1' },
      reasonReference: [{ reference: 'Medication/m1' }],
    };
    expect(containMedications(request, medications).contained).toEqual([own, timolol]);
  });

  it('leaves an entry alone whose Medication did not come with it', () => {
    const request = {
      resourceType: 'MedicationRequest',
      medicationReference: { reference: 'Medication/other' },
    };
    expect(containMedications(request, medications)).toBe(request);
  });
});
