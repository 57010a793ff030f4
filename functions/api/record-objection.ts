import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeConsent } from '../formats/fhir/consent.ts';
import { readConsent } from '../formats/fhir/read-consent.ts';
import { recordObjection } from '../usecases/record-objection.ts';
import { refuse } from '../usecases/region.ts';
import { personIdOf, requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.Consent };

export const handler = httpOperation('record-objection', schemas, async (region, caller, { body }) => {
  const read = readConsent(body);
  if (!read.ok) return refuse('INVALID_REQUEST', { issues: read.issues });
  const { identifier, reference = '' } = body.patient;
  const recorded = await recordObjection(
    region,
    caller,
    identifier ? { nhsNumberText: identifier.value } : { personId: personIdOf(reference) },
    read.request,
  );
  if (!recorded.ok) return recorded;
  const { now, personId, statement, statements } = recorded.value;
  // Whether a number is anybody's is not told: what named a number is answered with it.
  const patient = identifier ? { identifier } : { reference: `Patient/${personId}` };
  return {
    ok: true,
    value: {
      status: 201,
      body: writeConsent(statement, { patient, statements, now }),
      disclosures: [
        { ...(personId && { personId }), resourceCount: 1, resources: [`Consent/${statement.id}`] },
      ],
    },
  };
});
