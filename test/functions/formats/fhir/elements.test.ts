import { describe, expect, it } from 'vitest';
import { elementIssues } from '../../../../functions/formats/fhir/element-issues.ts';
import { elementShapes, isElementName } from '../../../../functions/formats/fhir/elements.ts';

const observation = { resourceType: 'Observation', id: 'o1', status: 'final', code: { text: 'x' } };

describe('elementIssues', () => {
  it('finds nothing in a plain resource with narrative, extensions, contained resources and comments', () => {
    const resource = {
      ...observation,
      meta: {},
      text: { status: 'generated' },
      extension: [{ url: 'x' }],
      contained: [{ resourceType: 'Patient' }],
      fhir_comments: ['as an older sender writes them'],
      _status: { extension: [{ url: 'x' }] },
      valueInteger: 4,
    };
    expect(elementIssues(resource, 'Observation')).toEqual([]);
  });

  it.each([
    ['status', 4, 'Observation.status: must be text'],
    ['category', {}, 'Observation.category: must be a list of objects'],
    ['category', [null], 'Observation.category: must be a list of objects'],
    ['code', [], 'Observation.code: must be an object'],
    ['code', null, 'Observation.code: must be an object'],
    ['valueBoolean', 'true', 'Observation.valueBoolean: must be true or false'],
    ['valueInteger', '4', 'Observation.valueInteger: must be a number'],
    ['fhir_comments', 'x', 'Observation.fhir_comments: must be a list of texts'],
    ['_status', 'x', 'Observation._status: must hold the id and extensions of a primitive element'],
    ['_code', {}, 'Observation._code: must hold the id and extensions of a primitive element'],
    ['vaccineCode', {}, 'Observation.vaccineCode: FHIR R4 has no such element on this type'],
  ])('names the wrong shape of %s', (name, value, issue) => {
    expect(elementIssues({ ...observation, [name]: value }, 'Observation')).toEqual([issue]);
  });

  it('does not repeat a name that FHIR does not define', () => {
    const issues = elementIssues({ ...observation, 'Smith 9990000018': 1 }, 'Observation');
    expect(issues).toEqual(['Observation: has an element that FHIR R4 does not define']);
  });

  it('knows no type beyond the accepted ones', () => {
    expect(elementIssues({}, 'toString')).toEqual(['resourceType: not a type that is accepted here']);
    expect(elementShapes('Binary')).toBeUndefined();
    expect(isElementName('constructor')).toBe(false);
  });
});

describe('elementShapes', () => {
  it('holds the elements of FHIR R4 and not those of other releases', () => {
    expect(elementShapes('Patient')?.get('birthDate')).toBe('text');
    expect(elementShapes('Patient')?.get('animal')).toBeUndefined();
    expect(elementShapes('AllergyIntolerance')?.get('recordedDate')).toBe('text');
    expect(elementShapes('AllergyIntolerance')?.get('assertedDate')).toBeUndefined();
    expect(elementShapes('MedicationRequest')?.get('medicationCodeableConcept')).toBe('object');
    expect(elementShapes('MedicationRequest')?.get('medication')).toBeUndefined();
    // 26 up to the 11 choices of value[x], 11 after them, and 10 that every resource has.
    expect(elementShapes('Observation')?.size).toBe(47);
  });
});
