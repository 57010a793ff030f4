import type { Appointment, MedicationRequest } from 'fhir/r4.js';
import { describe, expect, it } from 'vitest';
import { rewriteReferences } from '../../../../functions/formats/fhir/references.ts';

describe('rewriteReferences', () => {
  const appointment: Appointment = {
    resourceType: 'Appointment',
    id: 'a',
    status: 'booked',
    participant: [
      {
        status: 'accepted',
        actor: { reference: 'Patient/9990000018', display: 'SMITH, Jo', identifier: { value: '9990000018' } },
      },
      { status: 'accepted', actor: { reference: 'Patient/mother', display: 'SMITH, Ann' } },
      { status: 'accepted', actor: { reference: 'Practitioner/p1', display: 'Dr Quay' } },
    ],
  };

  it('reaches every depth, and leaves nothing that a sender wrote about a patient beside the reference', () => {
    const rewritten = rewriteReferences(appointment, (reference) => {
      if (reference === 'Patient/9990000018') return 'Patient/person';
      return reference.startsWith('Patient/') ? undefined : 'Practitioner/opaque';
    });
    expect(rewritten.participant.map(({ actor }) => actor)).toEqual([
      { reference: 'Patient/person' },
      {},
      { reference: 'Practitioner/opaque', display: 'Dr Quay' },
    ]);
    expect(JSON.stringify(rewritten)).not.toMatch(/999|SMITH/);
  });

  it('takes the absolute address of a patient, versioned or not, for the same person', () => {
    for (const address of [
      'https://ehr.example/fhir/Patient/9990000018',
      'https://ehr.example/Patient/9990000018/_history/2',
    ]) {
      const request: MedicationRequest = {
        resourceType: 'MedicationRequest',
        status: 'active',
        intent: 'order',
        subject: { reference: address, display: 'SMITH, Jo' },
      };
      const rewritten = rewriteReferences(request, (reference) =>
        reference === 'Patient/9990000018' ? 'Patient/person' : undefined,
      );
      expect(rewritten.subject).toEqual({ reference: 'Patient/person' });
    }
  });

  it('leaves contained and absolute references alone, and does not touch its input', () => {
    const request: MedicationRequest = {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/x' },
      medicationReference: { reference: '#med' },
      requester: { reference: 'https://other.example/Practitioner/1' },
    };
    const before = structuredClone(request);
    const rewritten = rewriteReferences(request, () => 'Patient/person');
    expect(rewritten).toEqual({ ...before, subject: { reference: 'Patient/person' } });
    expect(request).toEqual(before);
  });
});
