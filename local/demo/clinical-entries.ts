import type { Coding, FhirResource, Reference } from 'fhir/r4.js';
import { odsCodeSystem } from '../../functions/formats/fhir/identifier-systems.ts';
import {
  allergies,
  type Concept,
  conditions,
  imagingStudies,
  laboratoryTests,
  medicines,
  noKnownAllergy,
  procedures,
  smokingStates,
  vaccinations,
} from './clinical-lists.ts';
import { makeLetterPdf } from './letter-pdf.ts';
import { between, chance, pick, pickSome, type Random } from './random.ts';

const snomed = 'http://snomed.info/sct';
const loinc = 'http://loinc.org';
const terminology = 'http://terminology.hl7.org/CodeSystem';

/** What the entries of one organisation about one of its people are made from. */
export interface EntryContext {
  readonly random: Random;
  /** `Patient.id` at the organisation. */
  readonly localId: string;
  readonly organisationName: string;
  /** In whole years. */
  readonly age: number;
  /** Epoch milliseconds at which the demo region is made; clinical dates lie before it, appointments after. */
  readonly now: number;
}

function snomedCoding({ code, display }: Concept): Coding {
  return { system: snomed, code, display };
}

/** `YYYY-MM-DD`, days before now; a negative number is in the future. */
function dayBefore({ now }: EntryContext, days: number): string {
  return new Date(now - days * 86_400_000).toISOString().slice(0, 10);
}

function timeBefore(context: EntryContext, days: number): string {
  return `${dayBefore(context, days)}T${String(between(context.random, 8, 17)).padStart(2, '0')}:30:00Z`;
}

function subjectOf({ localId }: EntryContext): Reference {
  return { reference: `Patient/${localId}` };
}

function sender({ organisationName }: EntryContext): Reference {
  return { type: 'Organization', display: organisationName };
}

/** Long-term conditions that fit the age. */
export function makeConditions(context: EntryContext, count: number): FhirResource[] {
  const fitting = conditions.filter(({ fromAge }) => context.age >= fromAge);
  return pickSome(context.random, fitting, count).map((concept, index) => ({
    resourceType: 'Condition',
    id: `${context.localId}-condition-${index + 1}`,
    clinicalStatus: { coding: [{ system: `${terminology}/condition-clinical`, code: 'active' }] },
    category: [{ coding: [{ system: `${terminology}/condition-category`, code: 'problem-list-item' }] }],
    code: { coding: [snomedCoding(concept)], text: concept.display },
    subject: subjectOf(context),
    onsetDateTime: dayBefore(context, between(context.random, 200, 3000)),
  }));
}

/** Repeat medicines. */
export function makeMedicines(context: EntryContext, count: number): FhirResource[] {
  return pickSome(context.random, medicines, count).map(({ dose, text, ...concept }, index) => ({
    resourceType: 'MedicationRequest',
    id: `${context.localId}-medicine-${index + 1}`,
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { coding: [snomedCoding(concept)], text },
    subject: subjectOf(context),
    authoredOn: dayBefore(context, between(context.random, 5, 300)),
    dosageInstruction: [{ text: dose }],
  }));
}

/** An allergy, or that none is known. */
export function makeAllergy(context: EntryContext, isAllergic: boolean): FhirResource {
  const found = pick(context.random, allergies);
  const concept = isAllergic ? found : noKnownAllergy;
  return {
    resourceType: 'AllergyIntolerance',
    id: `${context.localId}-allergy-1`,
    clinicalStatus: { coding: [{ system: `${terminology}/allergyintolerance-clinical`, code: 'active' }] },
    verificationStatus: {
      coding: [{ system: `${terminology}/allergyintolerance-verification`, code: 'confirmed' }],
    },
    code: { coding: [snomedCoding(concept)], text: concept.display },
    patient: subjectOf(context),
    recordedDate: dayBefore(context, between(context.random, 100, 4000)),
    ...(isAllergic && {
      reaction: [
        { manifestation: [{ coding: [snomedCoding(found.reaction)], text: found.reaction.display }] },
      ],
    }),
  };
}

/** A vaccination, as UK Core has it: the procedure in an extension, the vaccine in words. */
export function makeVaccination(context: EntryContext): FhirResource {
  const { vaccine, ...concept } = pick(context.random, vaccinations);
  return {
    resourceType: 'Immunization',
    id: `${context.localId}-immunisation-1`,
    extension: [
      {
        url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-VaccinationProcedure',
        valueCodeableConcept: { coding: [snomedCoding(concept)] },
      },
    ],
    status: 'completed',
    vaccineCode: { text: vaccine },
    patient: subjectOf(context),
    occurrenceDateTime: dayBefore(context, between(context.random, 20, 700)),
    primarySource: true,
  };
}

/** Whether the person smokes. */
export function makeSmokingState(context: EntryContext): FhirResource {
  const concept = pick(context.random, smokingStates);
  return {
    resourceType: 'Observation',
    id: `${context.localId}-smoking-1`,
    status: 'final',
    category: [{ coding: [{ system: `${terminology}/observation-category`, code: 'social-history' }] }],
    code: { coding: [snomedCoding(concept)], text: concept.display },
    subject: subjectOf(context),
    effectiveDateTime: dayBefore(context, between(context.random, 20, 900)),
  };
}

/** Laboratory results. */
export function makeResults(context: EntryContext, count: number): FhirResource[] {
  const { random } = context;
  return pickSome(random, laboratoryTests, count).map((test, index) => ({
    resourceType: 'Observation',
    id: `${context.localId}-result-${index + 1}`,
    status: 'final',
    category: [{ coding: [{ system: `${terminology}/observation-category`, code: 'laboratory' }] }],
    code: { coding: [{ system: loinc, code: test.code, display: test.display }], text: test.display },
    subject: subjectOf(context),
    effectiveDateTime: timeBefore(context, between(random, 2, 200)),
    valueQuantity: {
      value: Number((test.low + random() * (test.high - test.low)).toFixed(test.decimals)),
      unit: test.unit,
      system: 'http://unitsofmeasure.org',
      code: test.unit,
    },
  }));
}

/** An imaging report. */
export function makeImagingReport(context: EntryContext): FhirResource {
  const study = pick(context.random, imagingStudies);
  return {
    resourceType: 'DiagnosticReport',
    id: `${context.localId}-imaging-1`,
    status: 'final',
    category: [{ coding: [{ system: `${terminology}/v2-0074`, code: 'RAD', display: 'Radiology' }] }],
    code: { coding: [{ system: loinc, code: study.code, display: study.display }], text: study.display },
    subject: subjectOf(context),
    effectiveDateTime: timeBefore(context, between(context.random, 10, 500)),
    conclusion: study.finding,
  };
}

/** A discharge summary in plain text. */
export function makeDischargeSummary(context: EntryContext): FhirResource {
  const written = dayBefore(context, between(context.random, 5, 400));
  const text = `Discharge summary (made up)\n${context.organisationName}, ${written}\nRecovered well. Review by the practice in four weeks.`;
  return {
    resourceType: 'DocumentReference',
    id: `${context.localId}-document-1`,
    status: 'current',
    type: { coding: [snomedCoding({ code: '373942005', display: 'Discharge summary' })] },
    subject: subjectOf(context),
    date: `${written}T12:00:00Z`,
    author: [sender(context)],
    content: [
      {
        attachment: {
          contentType: 'text/plain',
          language: 'en-GB',
          data: Buffer.from(text).toString('base64'),
          title: 'Discharge summary',
        },
      },
    ],
  };
}

/** A clinic letter as PDF: large enough to be kept as an object of its own. */
export function makeClinicLetter(context: EntryContext): FhirResource {
  const written = dayBefore(context, 40);
  const pdf = makeLetterPdf([
    `${context.organisationName}: clinic letter (made up)`,
    written,
    'Seen in the outpatient clinic. No change of treatment. Next review in a year.',
  ]);
  return {
    resourceType: 'DocumentReference',
    id: `${context.localId}-document-2`,
    status: 'current',
    type: { coding: [snomedCoding({ code: '823691000000103', display: 'Clinical letter' })] },
    subject: subjectOf(context),
    date: `${written}T12:00:00Z`,
    author: [sender(context)],
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          language: 'en-GB',
          data: pdf.toString('base64'),
          title: 'Clinic letter',
        },
      },
    ],
  };
}

/** A pointer to a crisis plan that its custodian holds. */
export function makeCrisisPlanPointer(context: EntryContext, custodian: string): FhirResource {
  const written = dayBefore(context, 90);
  return {
    resourceType: 'DocumentReference',
    id: `${context.localId}-pointer-1`,
    status: 'current',
    type: { coding: [snomedCoding({ code: '736253002', display: 'Mental health crisis plan' })] },
    subject: subjectOf(context),
    date: `${written}T12:00:00Z`,
    custodian: {
      identifier: { system: odsCodeSystem, value: custodian },
      display: context.organisationName,
    },
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          url: `https://records.${custodian.toLowerCase()}.example/crisis-plans/${context.localId}`,
          title: 'Crisis plan',
        },
      },
    ],
  };
}

/** An operation of the past. */
export function makeProcedure(context: EntryContext): FhirResource {
  const concept = pick(context.random, procedures);
  return {
    resourceType: 'Procedure',
    id: `${context.localId}-procedure-1`,
    status: 'completed',
    code: { coding: [snomedCoding(concept)], text: concept.display },
    subject: subjectOf(context),
    performedDateTime: dayBefore(context, between(context.random, 50, 2500)),
  };
}

/** A booked appointment. */
export function makeAppointment(context: EntryContext): FhirResource {
  const day = dayBefore(context, -between(context.random, 3, 60));
  return {
    resourceType: 'Appointment',
    id: `${context.localId}-appointment-1`,
    status: 'booked',
    description: `Outpatient review at ${context.organisationName}`,
    start: `${day}T10:00:00Z`,
    end: `${day}T10:20:00Z`,
    participant: [{ actor: subjectOf(context), status: 'accepted' }],
  };
}

/** The people who look after someone. */
export function makeTeam(context: EntryContext, name: string): FhirResource {
  return {
    resourceType: 'CareTeam',
    id: `${context.localId}-team-1`,
    status: 'active',
    name,
    subject: subjectOf(context),
    period: { start: dayBefore(context, between(context.random, 30, 900)) },
    managingOrganization: [sender(context)],
  };
}

/** A plan with what to do. */
export function makeCarePlan(context: EntryContext, title: string, description: string): FhirResource {
  return {
    resourceType: 'CarePlan',
    id: `${context.localId}-plan-1`,
    status: 'active',
    intent: 'plan',
    category: [{ coding: [snomedCoding({ code: '734163000', display: 'Care plan' })] }],
    title,
    description,
    subject: subjectOf(context),
    created: dayBefore(context, between(context.random, 10, 400)),
  };
}

/** Something that everybody should know at once. */
export function makeAlert(context: EntryContext, text: string): FhirResource {
  return {
    resourceType: 'Flag',
    id: `${context.localId}-alert-1`,
    status: 'active',
    category: [{ coding: [{ system: `${terminology}/flag-category`, code: 'safety', display: 'Safety' }] }],
    code: { text },
    subject: subjectOf(context),
    period: { start: dayBefore(context, between(context.random, 10, 700)) },
  };
}

/** A contact with a community or mental health team. */
export function makeCommunityContact(context: EntryContext, service: string): FhirResource {
  return {
    resourceType: 'Encounter',
    id: `${context.localId}-contact-1`,
    status: 'finished',
    class: { system: `${terminology}/v3-ActCode`, code: 'HH', display: 'home health' },
    serviceType: { text: service },
    subject: subjectOf(context),
    period: { start: timeBefore(context, between(context.random, 3, 200)) },
    serviceProvider: sender(context),
  };
}

/** A call-out of an ambulance. */
export function makeAmbulanceIncident(context: EntryContext): FhirResource {
  const wasConveyed = chance(context.random, 0.5);
  return {
    resourceType: 'Encounter',
    id: `${context.localId}-incident-1`,
    status: 'finished',
    class: { system: `${terminology}/v3-ActCode`, code: 'FLD', display: 'field' },
    type: [{ text: wasConveyed ? 'Seen and conveyed to hospital' : 'Seen and treated at home' }],
    subject: subjectOf(context),
    period: { start: timeBefore(context, between(context.random, 3, 300)) },
    serviceProvider: sender(context),
  };
}

/** Somebody to call. */
export function makeNextOfKin(context: EntryContext, given: string, family: string): FhirResource {
  return {
    resourceType: 'RelatedPerson',
    id: `${context.localId}-kin-1`,
    active: true,
    patient: subjectOf(context),
    relationship: [{ coding: [{ system: `${terminology}/v2-0131`, code: 'N', display: 'Next-of-Kin' }] }],
    name: [{ use: 'official', family, given: [given] }],
    // 020 7946 0000 to 0999 is set aside by Ofcom for drama: no telephone rings.
    telecom: [{ system: 'phone', value: `020 7946 0${String(between(context.random, 100, 999))}` }],
  };
}
