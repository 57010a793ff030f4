import * as z from 'zod';

/** FHIR id, also the shape of a person id in a path. */
export const fhirId = z.string().regex(/^[A-Za-z0-9.-]{1,64}$/);

/** `Patient/{id}` or the id alone. */
export const patientReference = z.string().regex(/^(Patient\/)?[A-Za-z0-9.-]{1,64}$/);

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

const transactionBundle = z.strictObject({
  resourceType: z.literal('Bundle'),
  id: z.string().optional(),
  meta,
  identifier: z.looseObject({}).optional(),
  timestamp: z.string().optional(),
  type: z.literal('transaction'),
  entry: z
    .array(
      z.strictObject({
        fullUrl: z.string().optional(),
        resource,
        request: z.strictObject({ method: z.enum(['POST', 'PUT']), url: z.string().min(1) }),
      }),
    )
    .min(1)
    .max(100),
});

const codeableConcept = z.looseObject({
  coding: z.array(z.looseObject({ system: z.string().optional(), code: z.string().optional() })).optional(),
  text: z.string().optional(),
});

const consent = z.strictObject({
  resourceType: z.literal('Consent'),
  id: z.string().optional(),
  meta,
  text: z.looseObject({}).optional(),
  status: z.enum(['active', 'inactive']),
  scope: codeableConcept.optional(),
  category: z.array(codeableConcept).optional(),
  patient: z.strictObject({ reference: patientReference, display: z.string().optional() }),
  dateTime: z.string().optional(),
  policyRule: codeableConcept.optional(),
  provision: z.strictObject({ type: z.enum(['deny', 'permit']) }),
});

/** The request bodies by name: API Gateway's models, the functions' validation and OpenAPI are all made from these. */
export const requestSchemas = {
  MatchParameters: matchParameters,
  TransactionBundle: transactionBundle,
  Consent: consent,
} as const;

/** Names of {@link requestSchemas}. */
export type RequestSchemaName = keyof typeof requestSchemas;
