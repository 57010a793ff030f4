import { makeAllergy, makePatient } from './people.ts';

const snomed = (code: string, display: string) => ({
  coding: [{ system: 'http://snomed.info/sct', code, display }],
});
const observationCategory = (code: string) => [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }] },
];
const conditionState = (code: string) => ({
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code }],
});

const active = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
};

/** An allergy as the International Patient Summary wants it: with its clinical status. */
export function makeActiveAllergy(...made: Parameters<typeof makeAllergy>) {
  return { ...makeAllergy(...made), clinicalStatus: active };
}

/** A patient with an entry of most kinds, whose references lead to each other, out of the Bundle, and to a practitioner. */
export function makeFullRecord(patientId: string, patient: Parameters<typeof makePatient>[0] = {}) {
  const subject = { reference: `Patient/${patientId}`, display: 'somebody by name' };
  const id = (name: string) => `${patientId}-${name}`;
  return [
    makePatient({ ...patient, id: patientId }),
    makeActiveAllergy(id('allergy'), patientId, { date: '2025-01-01', text: 'Penicillin' }),
    {
      resourceType: 'Condition',
      id: id('asthma'),
      subject,
      clinicalStatus: conditionState('active'),
      code: snomed('195967001', 'Asthma'),
      encounter: { reference: `Encounter/${id('visit')}` },
      onsetDateTime: '2019-02',
    },
    {
      resourceType: 'Condition',
      id: id('fracture'),
      subject,
      clinicalStatus: conditionState('resolved'),
      code: snomed('263102004', 'Fracture of wrist'),
      asserter: { reference: 'Practitioner/abc', display: 'Dr Fen' },
      onsetDateTime: '2011-06-01',
    },
    {
      resourceType: 'FamilyMemberHistory',
      id: id('family'),
      patient: subject,
      status: 'completed',
      relationship: { text: 'Mother' },
      condition: [{ code: snomed('73211009', 'Diabetes mellitus') }],
    },
    {
      resourceType: 'MedicationRequest',
      id: id('inhaler'),
      subject,
      status: 'active',
      intent: 'order',
      authoredOn: '2024-11-02T09:30:00+00:00',
      requester: { reference: 'https://elsewhere.example/Practitioner/1' },
      medicationCodeableConcept: snomed('35936411000001109', 'Salbutamol inhaler'),
      dosageInstruction: [{ text: 'Two puffs when needed' }],
    },
    {
      resourceType: 'Flag',
      id: id('flag'),
      subject,
      status: 'active',
      code: { text: 'Needs a hearing loop' },
    },
    {
      resourceType: 'Observation',
      id: id('sodium'),
      subject,
      status: 'final',
      category: observationCategory('laboratory'),
      code: { coding: [{ system: 'http://loinc.org', code: '2951-2', display: 'Sodium' }] },
      valueQuantity: { value: 139, unit: 'mmol/L' },
      performer: [{ display: 'Laboratory of the hospital' }],
      effectiveDateTime: '2025-03-04T08:00:00Z',
      hasMember: [{ reference: `Observation/${id('smoking')}` }],
    },
    {
      resourceType: 'Observation',
      id: id('smoking'),
      subject,
      status: 'final',
      category: observationCategory('social-history'),
      code: { coding: [{ system: 'http://loinc.org', code: '72166-2', display: 'Tobacco smoking status' }] },
      valueCodeableConcept: snomed('266919005', 'Never smoked tobacco'),
      effectiveDateTime: '2023-01-01',
    },
    {
      resourceType: 'Immunization',
      id: id('flu'),
      patient: subject,
      status: 'completed',
      vaccineCode: snomed('822851000000102', 'Influenza vaccination'),
      occurrenceDateTime: '2024-10-01',
    },
    {
      resourceType: 'Procedure',
      id: id('fixation'),
      subject,
      status: 'completed',
      code: snomed('6990005', 'Fixation of fracture'),
      performedDateTime: '2011-06-02',
    },
    {
      resourceType: 'CarePlan',
      id: id('plan'),
      subject,
      status: 'active',
      intent: 'plan',
      title: 'Asthma action plan',
      created: '2024-01-01',
    },
    {
      resourceType: 'Encounter',
      id: id('visit'),
      subject,
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      period: { start: '2019-02-01', end: '2019-02-01' },
    },
    {
      resourceType: 'Composition',
      id: id('letter'),
      subject,
      status: 'final',
      type: snomed('823681000000100', 'Outpatient letter'),
      date: '2019-02-02',
      author: [{ display: 'Dr Fen' }],
      title: 'Clinic letter',
    },
  ];
}
