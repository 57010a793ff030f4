import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sectionCodes } from '../../../../functions/domain/record/section-codes.ts';
import { sectionOf } from '../../../../functions/domain/record/section-of.ts';
import { sections } from '../../../../functions/domain/record/sections.ts';
import { elementShapes } from '../../../../functions/formats/fhir/elements.ts';

const concept = (code: string, display?: string) => ({ coding: [{ code, ...(display && { display }) }] });

describe('sectionOf', () => {
  it.each([
    ['AllergyIntolerance', 'allergies'],
    ['Appointment', 'appointments'],
    ['CarePlan', 'care-plans'],
    ['CareTeam', 'teams'],
    ['Condition', 'conditions'],
    ['EpisodeOfCare', 'community'],
    ['FamilyMemberHistory', 'conditions'],
    ['Flag', 'alerts'],
    ['ImagingStudy', 'imaging'],
    ['Immunization', 'immunisations'],
    ['MedicationRequest', 'medications'],
    ['MedicationStatement', 'medications'],
    ['Procedure', 'procedures'],
    ['RelatedPerson', 'demographics'],
    ['Specimen', 'results'],
  ])('files %s under %s', (resourceType, section) => {
    expect(sectionOf({ resourceType })).toBe(section);
  });

  it.each([
    'Practitioner',
    'PractitionerRole',
    'Organization',
    'Location',
    'Medication',
    'Device',
    'AuditEvent',
    'constructor',
  ])('files %s nowhere', (resourceType) => {
    expect(sectionOf({ resourceType })).toBeUndefined();
  });

  it.each([
    ['laboratory', 'results'],
    ['vital-signs', 'results'],
    ['social-history', 'social'],
    ['imaging', 'imaging'],
    ['constructor', 'results'],
  ])('files an Observation of category %s under %s', (code, section) => {
    expect(sectionOf({ resourceType: 'Observation', category: [concept(code)] })).toBe(section);
  });

  it('files an Observation without category with the results', () => {
    expect(sectionOf({ resourceType: 'Observation' })).toBe('results');
  });

  it('files a radiology report with the imaging, by category or by code, and a laboratory report with the results', () => {
    expect(sectionOf({ resourceType: 'DiagnosticReport', category: [concept('RAD')] })).toBe('imaging');
    expect(sectionOf({ resourceType: 'DiagnosticReport', code: concept('722124004') })).toBe('imaging');
    expect(sectionOf({ resourceType: 'DiagnosticReport', category: [concept('LAB')] })).toBe('results');
  });

  it('files a plan that comes as a document with the care plans, and a letter with the documents', () => {
    expect(sectionOf({ resourceType: 'DocumentReference', type: concept('736253002') })).toBe('care-plans');
    expect(sectionOf({ resourceType: 'DocumentReference', type: concept('823651000000106') })).toBe(
      'documents',
    );
    expect(sectionOf({ resourceType: 'Composition', category: [concept('734163000')] })).toBe('care-plans');
    expect(sectionOf({ resourceType: 'Composition' })).toBe('documents');
  });

  it.each([
    ['in the field', { class: { code: 'FLD' } }, 'ambulance'],
    ['of an ambulance service', { serviceType: concept('x', 'Emergency ambulance service') }, 'ambulance'],
    ['at home', { class: { code: 'HH' } }, 'community'],
    ['of a community team', { serviceType: { text: 'Community nursing' } }, 'community'],
    ['of CAMHS', { type: [{ text: 'CAMHS review' }] }, 'community'],
    [
      'on a ward',
      { class: { code: 'IMP' }, type: [concept('185212007', 'Seen in hospital ward')] },
      'appointments',
    ],
    ['of no stated kind', {}, 'appointments'],
  ])('files an encounter %s', (_kind, elements, section) => {
    expect(sectionOf({ resourceType: 'Encounter', ...elements })).toBe(section);
  });

  it('files a list by what it sums up, and an unknown list nowhere', () => {
    expect(sectionOf({ resourceType: 'List', code: concept('886921000000105') })).toBe('allergies');
    expect(sectionOf({ resourceType: 'List', code: concept('0') })).toBeUndefined();
    expect(sectionOf({ resourceType: 'List' })).toBeUndefined();
  });

  it('survives any shape of the elements that it reads', () => {
    const types = fc.constantFrom('Observation', 'DiagnosticReport', 'Encounter', 'List', 'Composition');
    fc.assert(
      fc.property(types, fc.anything(), (resourceType, value) => {
        const section = sectionOf({
          resourceType,
          category: value,
          code: value,
          type: value,
          class: value,
          serviceType: value,
        });
        expect(section === undefined || sectionCodes.includes(section)).toBe(true);
      }),
    );
  });
});

describe('sections', () => {
  it('describes every section code, with types that are accepted', () => {
    expect(Object.keys(sections)).toEqual([...sectionCodes]);
    for (const { prsbHeading, resourceTypes, title } of Object.values(sections)) {
      expect(title).not.toBe('');
      expect(prsbHeading).toMatch(/^[a-z-]+$/);
      for (const type of resourceTypes) expect(elementShapes(type), type).toBeDefined();
    }
  });

  it('lists each type under the section that it is filed in', () => {
    for (const [code, { resourceTypes }] of Object.entries(sections))
      for (const resourceType of resourceTypes) {
        const filed = sectionOf({ resourceType });
        // A type whose elements decide is listed under every section that it can reach.
        const decidedByElements = [
          'Observation',
          'DiagnosticReport',
          'DocumentReference',
          'Composition',
          'Encounter',
          'List',
          'Patient',
        ];
        if (!decidedByElements.includes(resourceType)) expect(filed).toBe(code);
        else if (filed !== undefined) expect(sections[filed].resourceTypes).toContain(resourceType);
      }
  });
});
