import type { FhirResource } from 'fhir/r4.js';
import { describe, expect, it } from 'vitest';
import { dropReferences, referencesOf } from '../../../../functions/formats/fhir/drop-references.ts';

const drop = (resource: object, ...hidden: string[]) =>
  dropReferences(resource as FhirResource, new Set(hidden)) as unknown;

describe('dropReferences', () => {
  it('leaves no gap in a list, and no list that is empty', () => {
    const report = {
      resourceType: 'DiagnosticReport',
      result: [{ reference: 'Observation/1' }, { reference: 'Observation/2', display: 'HIV antibody' }],
    };
    expect(drop(report, 'Observation/2')).toEqual({ ...report, result: [{ reference: 'Observation/1' }] });
    expect(drop(report, 'Observation/1', 'Observation/2')).toEqual({ resourceType: 'DiagnosticReport' });
  });

  it('takes an element of a list with what it is about, and keeps the rest of its neighbours', () => {
    const list = {
      resourceType: 'List',
      entry: [
        { item: { reference: 'Condition/1' }, date: '2024-01-01' },
        { item: { reference: 'Condition/2' }, date: '2024-02-02' },
      ],
    };
    expect(drop(list, 'Condition/2')).toEqual({ ...list, entry: [list.entry[0]] });
    const condition = {
      resourceType: 'Condition',
      evidence: [
        { code: [{ text: 'cough' }], detail: [{ reference: 'Observation/1' }] },
        { detail: [{ reference: 'Observation/1' }] },
      ],
      encounter: { reference: 'Encounter/1' },
    };
    expect(drop(condition, 'Observation/1', 'Encounter/1')).toEqual({
      resourceType: 'Condition',
      evidence: [{ code: [{ text: 'cough' }] }],
    });
  });

  it('changes nothing else', () => {
    const resource = { resourceType: 'Flag', subject: { reference: 'Patient/1' }, note: [], extension: [{}] };
    expect(drop(resource, 'Condition/1')).toEqual(resource);
    expect([...referencesOf(resource as unknown as FhirResource)]).toEqual(['Patient/1']);
  });
});
