import * as z from 'zod';
import { agreementSchema } from '../domain/access/agreement.ts';
import { callerSchema } from '../domain/access/caller.ts';

/** FHIR id, also the shape of a person id in a path. */
export const fhirId = z.string().regex(/^[A-Za-z0-9.-]{1,64}$/);

/** `Patient/{id}` or the id alone. */
export const patientReference = z.string().regex(/^(Patient\/)?[A-Za-z0-9.-]{1,64}$/);

/** The person id in a {@link patientReference}. */
export function personIdOf(reference: string): string {
  return reference.replace(/^Patient\//, '');
}

/** `_count`: 20 when absent; a larger number than 100 is clamped, as standard clients ask for 1,000. */
export const pageSize = z
  .string()
  .regex(/^[1-9][0-9]{0,5}$/)
  .default('20')
  .transform((text) => Math.min(Number(text), 100));

/** `_cursor`: what a `next` link carries. */
export const cursorText = z.string().max(4096);

const meta = z.looseObject({}).optional();
const resource = z.looseObject({ resourceType: z.string().min(1) });

const matchParameters = z.strictObject({
  resourceType: z.literal('Parameters'),
  id: z.string().optional(),
  meta,
  parameter: z
    .array(
      z.strictObject({
        name: z.enum(['resource', 'onlyCertainMatches', 'onlySingleMatch', 'count']),
        resource: resource.optional(),
        valueBoolean: z.boolean().optional(),
        valueInteger: z.number().int().min(1).max(100).optional(),
      }),
    )
    .min(1)
    .max(4),
});

const identityParameter = z.strictObject({
  name: z.string().min(1).max(64),
  valueReference: z.strictObject({ reference: patientReference }).optional(),
  valueBoolean: z.boolean().optional(),
  valueString: z.string().min(1).max(1000).optional(),
});

const mergeParameters = z.strictObject({
  resourceType: z.literal('Parameters'),
  id: z.string().optional(),
  meta,
  parameter: z.array(identityParameter).min(2).max(6),
});

const unmergeParameters = z.strictObject({
  resourceType: z.literal('Parameters'),
  id: z.string().optional(),
  meta,
  parameter: z.array(identityParameter).max(4).optional(),
});

const breakGlassParameters = z.strictObject({
  resourceType: z.literal('Parameters'),
  id: z.string().optional(),
  meta,
  parameter: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        valueCode: z.string().max(8).optional(),
        valueString: z.string().max(8).optional(),
      }),
    )
    .min(1)
    .max(4),
});

const reviewDecision = z.strictObject({
  /** The version of the task that the caller has seen. */
  version: z.number().int().min(1),
  /** A user's subject; null gives the task back. */
  assign: z.string().min(1).max(128).nullable().optional(),
  decision: z.enum(['link', 'keep-apart', 'merge']).optional(),
  comment: z.string().min(1).max(1000).optional(),
  /** Which of two persons stays, or whose a record is where the task names nobody. */
  person: fhirId.optional(),
  survivingNhsNumber: z.string().min(10).max(32).optional(),
  overrideNotDuplicate: z.boolean().optional(),
});

const alertReview = z.strictObject({
  /** The version of the alert that the caller has seen. */
  version: z.number().int().min(1),
  outcome: z.enum(['justified', 'passed-on']),
  comment: z.string().min(1).max(1000).optional(),
});

const agreements = z.strictObject({
  /** The version that these take the place of; 0 for those of the region's file. */
  version: z.number().int().min(0),
  agreements: z.array(agreementSchema).max(1000),
});

const simulation = z.strictObject({
  patient: patientReference,
  role: callerSchema.shape.role,
  organisation: callerSchema.shape.organisation,
  purpose: callerSchema.shape.purpose.exactOptional(),
  /** The user, where what they declared themselves counts. */
  subject: callerSchema.shape.subject.exactOptional(),
  /** In place of those that are applied. */
  agreements: z.array(agreementSchema).max(1000).optional(),
});

/** A feed's Bundle: formats/fhir/bundle-frame.ts says what is wrong with one, and what is refused is kept. */
const feedBundle = z.looseObject({
  resourceType: z.literal('Bundle'),
  type: z.string(),
  entry: z.array(z.unknown()),
});

const codeableConcept = z.looseObject({
  coding: z.array(z.looseObject({ system: z.string().optional(), code: z.string().optional() })).optional(),
  text: z.string().optional(),
});

const organisationReference = z.strictObject({
  type: z.literal('Organization').optional(),
  identifier: z.strictObject({ system: z.string().max(200), value: z.string().min(3).max(10) }),
  display: z.string().max(200).optional(),
});

const consent = z.strictObject({
  resourceType: z.literal('Consent'),
  id: z.string().optional(),
  meta,
  text: z.looseObject({}).optional(),
  extension: z
    .array(z.strictObject({ url: z.string().min(1).max(200), valueString: z.string().min(1).max(500) }))
    .max(4)
    .optional(),
  status: z.enum(['active', 'inactive']),
  scope: codeableConcept.optional(),
  category: z.array(codeableConcept).max(8).optional(),
  /** A person of this region, or the NHS number of somebody who need not be known yet. */
  patient: z.strictObject({
    reference: patientReference.optional(),
    identifier: z.strictObject({ system: z.string().max(200), value: z.string().max(32) }).optional(),
    display: z.string().optional(),
  }),
  dateTime: z.string().optional(),
  /** Who asked. */
  performer: z
    .array(z.strictObject({ type: z.enum(['Patient', 'RelatedPerson', 'Practitioner']) }))
    .max(1)
    .optional(),
  /** On whose behalf. */
  organization: z.array(organisationReference).max(1).optional(),
  /** The objection that is reversed or confirmed. */
  sourceReference: z
    .strictObject({ reference: z.string().regex(/^Consent\/[A-Za-z0-9.-]{1,64}$/) })
    .optional(),
  policyRule: codeableConcept.optional(),
  verification: z
    .array(z.strictObject({ verified: z.literal(true) }))
    .max(1)
    .optional(),
  provision: z
    .strictObject({
      type: z.enum(['deny', 'permit']),
      period: z
        .strictObject({ start: z.string().max(40).optional(), end: z.string().max(40).optional() })
        .optional(),
      /** Organisations whose data are kept back (CST), or who may not look (IRCP). */
      actor: z
        .array(z.strictObject({ role: codeableConcept, reference: organisationReference }))
        .max(50)
        .optional(),
      /** Sections. */
      code: z.array(codeableConcept).max(16).optional(),
    })
    .optional(),
});

/** The request bodies by name: API Gateway's models, the functions' validation and OpenAPI are all made from these. */
export const requestSchemas = {
  MatchParameters: matchParameters,
  MergeParameters: mergeParameters,
  UnmergeParameters: unmergeParameters,
  BreakGlassParameters: breakGlassParameters,
  ReviewDecision: reviewDecision,
  AlertReview: alertReview,
  Agreements: agreements,
  Simulation: simulation,
  FeedBundle: feedBundle,
  FeedResource: resource,
  Consent: consent,
} as const;

/** Names of {@link requestSchemas}. */
export type RequestSchemaName = keyof typeof requestSchemas;

/** One example body for each of {@link requestSchemas}, with made-up people: shown in OpenAPI, and tested to be valid. */
export const requestExamples: Readonly<Record<RequestSchemaName, object>> = {
  MatchParameters: {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'resource',
        resource: {
          resourceType: 'Patient',
          name: [{ family: 'Lockwood', given: ['Marian'] }],
          gender: 'female',
          birthDate: '1971-03-09',
          address: [{ postalCode: 'E2 8AA' }],
        },
      },
      { name: 'onlyCertainMatches', valueBoolean: false },
    ],
  },
  MergeParameters: {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'source-patient',
        valueReference: { reference: 'Patient/00000000-0000-4000-8000-000000000001' },
      },
      {
        name: 'target-patient',
        valueReference: { reference: 'Patient/00000000-0000-4000-8000-000000000000' },
      },
      { name: 'preview', valueBoolean: true },
    ],
  },
  UnmergeParameters: {
    resourceType: 'Parameters',
    parameter: [{ name: 'comment', valueString: 'Two people of one name at one address' }],
  },
  BreakGlassParameters: {
    resourceType: 'Parameters',
    parameter: [
      { name: 'alert-type', valueCode: '1' },
      { name: 'reason', valueCode: '4' },
    ],
  },
  ReviewDecision: { version: 1, decision: 'keep-apart', comment: 'Twins: seen both' },
  Agreements: {
    version: 0,
    agreements: [
      {
        organisation: 'T9M',
        view: [{ roles: ['clinician'], sections: 'all', from: '2026-12-01' }],
        share: [
          {
            sections: ['alerts', 'care-plans'],
            roles: 'all',
            with: { regions: ['london'] },
            from: '2026-12-01',
            until: '2027-11-30',
          },
        ],
      },
    ],
  },
  Simulation: {
    patient: 'Patient/00000000-0000-4000-8000-000000000000',
    role: 'clinician',
    organisation: 'T9A',
  },
  AlertReview: { version: 1, outcome: 'justified', comment: 'Asked: the patient was on the ward that night' },
  FeedBundle: {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: 'urn:uuid:0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001',
        resource: {
          resourceType: 'Patient',
          id: 'local-1',
          name: [{ family: 'Lockwood', given: ['Marian'] }],
          gender: 'female',
          birthDate: '1971-03-09',
        },
        request: { method: 'PUT', url: 'Patient/local-1' },
      },
    ],
  },
  FeedResource: {
    resourceType: 'AllergyIntolerance',
    id: 'allergy-1',
    code: { text: 'Penicillin' },
    patient: { reference: 'Patient/local-1' },
  },
  Consent: {
    resourceType: 'Consent',
    status: 'active',
    patient: { reference: 'Patient/00000000-0000-4000-8000-000000000000' },
    provision: { type: 'deny' },
  },
};
