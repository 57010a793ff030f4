import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { isObjection, writeConsent } from '../formats/fhir/consent.ts';
import { recordObjection } from '../usecases/record-objection.ts';
import { personIdOf, requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.Consent };

export const handler = httpOperation('record-objection', schemas, async (region, caller, { body }) => {
  const personId = personIdOf(body.patient.reference);
  const recorded = await recordObjection(region, caller, { personId, inForce: isObjection(body) });
  if (!recorded.ok) return recorded;
  return {
    ok: true,
    value: {
      status: 201,
      body: writeConsent(personId, recorded.value),
      headers: { ETag: `W/"${recorded.value.version}"` },
      disclosures: [{ personId, resourceCount: 1 }],
    },
  };
});
