import { describe, expect, it } from 'vitest';
import {
  isSupportingType,
  namesPatient,
  readClinicalResource,
} from '../../../../functions/formats/fhir/clinical-resource.ts';

const albumin = {
  resourceType: 'Observation',
  id: 'obs-1',
  status: 'final',
  category: [{ coding: [{ code: 'laboratory' }] }],
  code: {
    coding: [
      { system: 'http://snomed.info/sct', code: '1000821000000103', fhir_comments: ['from a converter'] },
    ],
  },
  subject: { reference: 'Patient/local-1' },
  effectiveDateTime: '2026-02-01T10:00:00+01:00',
  valueQuantity: { value: '35.0', unit: 'g/L' },
};
const entryOf = (resource: unknown) => {
  const result = readClinicalResource(resource);
  if (!result.ok) throw new Error(result.issues.join('; '));
  return result.entry;
};
const issuesOf = (resource: unknown) => {
  const result = readClinicalResource(resource);
  return result.ok ? [] : result.issues;
};

describe('readClinicalResource', () => {
  it('reads an entry and keeps the resource as sent, with its oddities', () => {
    expect(entryOf(albumin)).toEqual({
      resourceType: 'Observation',
      id: 'obs-1',
      section: 'results',
      date: '2026-02-01T09:00:00',
      subject: { reference: 'Patient/local-1' },
      securityLabels: [],
      enteredInError: false,
      resource: albumin,
    });
  });

  it.each([
    ['subject', { resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/p' } }],
    ['patient', { resourceType: 'AllergyIntolerance', id: 'a', patient: { reference: 'Patient/p' } }],
    ['patient', { resourceType: 'Immunization', id: 'i', patient: { reference: 'Patient/p' } }],
    ['patient', { resourceType: 'RelatedPerson', id: 'r', patient: { reference: 'Patient/p' } }],
    [
      'participant',
      {
        resourceType: 'Appointment',
        id: 'b',
        participant: [{ actor: { reference: 'Practitioner/x' } }, {}, { actor: { reference: 'Patient/p' } }],
      },
    ],
  ])('finds whom it is about in %s', (_element, resource) => {
    expect(entryOf(resource).subject).toEqual({ reference: 'Patient/p' });
  });

  it('takes the participant of an appointment that the caller knows as a patient', () => {
    const participant = [{ actor: { reference: 'urn:uuid:1' } }, { actor: { reference: 'urn:uuid:2' } }];
    const result = readClinicalResource(
      { resourceType: 'Appointment', id: 'a', participant },
      (reference) => reference === 'urn:uuid:2',
    );
    expect(result).toMatchObject({ ok: true, entry: { subject: { reference: 'urn:uuid:2' } } });
  });

  it('reads the NHS number of a logical reference, and apart from it any other identifier', () => {
    const identifier = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' };
    expect(entryOf({ ...albumin, subject: { identifier } }).subject).toEqual({ nhsNumberText: '9990000018' });
    const other = { identifier: { ...identifier, system: 'https://example.org/hospital' } };
    expect(entryOf({ ...albumin, subject: other }).subject).toEqual(other);
  });

  it('reads every label that asks for care, wherever it stands', () => {
    expect(
      entryOf({ ...albumin, meta: { security: [{ code: 'R' }, { code: 'HIV' }] } }).securityLabels,
    ).toEqual(['R', 'HIV']);
    const document = {
      resourceType: 'DocumentReference',
      id: 'd',
      securityLabel: [{ coding: [{ code: 'V' }] }],
    };
    expect(entryOf(document).securityLabels).toEqual(['V']);
    expect(entryOf({ resourceType: 'Composition', id: 'd', confidentiality: 'R' }).securityLabels).toEqual([
      'R',
    ]);
  });

  it('takes a label that it cannot read as restricted', () => {
    expect(entryOf({ ...albumin, meta: { security: [{ display: 'confidential' }] } }).securityLabels).toEqual(
      ['R'],
    );
    expect(entryOf({ ...albumin, meta: { security: 'R' } }).securityLabels).toEqual(['R']);
  });

  it.each([
    [{ ...albumin, status: 'entered-in-error' }, true],
    [
      { resourceType: 'Condition', id: 'c', verificationStatus: { coding: [{ code: 'entered-in-error' }] } },
      true,
    ],
    [{ resourceType: 'DocumentReference', id: 'd', docStatus: 'entered-in-error' }, true],
    [albumin, false],
  ])('knows what was entered in error', (resource, expected) => {
    expect(entryOf(resource).enteredInError).toBe(expected);
  });

  it.each([
    [null, 'resource: must be an object'],
    [{ id: 'x' }, 'resourceType: is missing'],
    [{ resourceType: 'Claim', id: 'x' }, 'resourceType: not a clinical type that is accepted here'],
    [{ resourceType: 'Patient', id: 'x' }, 'resourceType: not a clinical type that is accepted here'],
    [{ resourceType: '__proto__', id: 'x' }, 'resourceType: not a clinical type that is accepted here'],
    [{ resourceType: 'Flag' }, 'Flag.id: is missing'],
    [{ resourceType: 'Flag', id: 'a/b' }, 'Flag.id: must be a FHIR id'],
    [{ resourceType: 'Flag', id: '' }, 'Flag.id: must be a FHIR id'],
    [{ resourceType: 'Flag', id: 1 }, 'Flag.id: must be text'],
    [{ resourceType: 'Flag', id: 'x', code: 'y' }, 'Flag.code: must be an object'],
    [{ resourceType: 'Flag', id: 'x', secret: 'y' }, 'Flag: has an element that FHIR R4 does not define'],
    [{ resourceType: 'Flag', id: 'x', period: { start: '1.2.2020' } }, 'Flag.period: must be a FHIR date'],
    [
      { resourceType: 'List', id: 'x', code: { text: 'shopping' } },
      'List.code: not a list that is accepted here',
    ],
  ])('refuses %j', (resource, issue) => {
    expect(issuesOf(resource)).toEqual([issue]);
  });

  it('names every issue of a resource at once', () => {
    expect(issuesOf({ resourceType: 'Flag', status: 1, category: 2 })).toHaveLength(3);
  });
});

describe('references and types', () => {
  it.each(['Patient/a', 'https://example.org/fhir/Patient/a', 'Patient/a/_history/1'])(
    '%s names a patient',
    (reference) => {
      expect(namesPatient(reference)).toBe(true);
    },
  );

  it.each(['Practitioner/a', 'urn:uuid:1', '#p', 'Patient/', 'OutPatient/a', 'Patient?identifier=x', ''])(
    '%j names none',
    (reference) => {
      expect(namesPatient(reference)).toBe(false);
    },
  );

  it('tells supporting types from others', () => {
    expect(isSupportingType('Organization')).toBe(true);
    expect(isSupportingType('Observation')).toBe(false);
  });
});
