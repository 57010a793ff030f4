import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { isObjection, writeConsent } from '../formats/fhir/consent.ts';
import { recordObjection } from '../usecases/record-objection.ts';
import { personIdOf, requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.Consent };

export const handler = httpOperation('record-objection', schemas, async (region, caller, { body }) => {
  const recorded = await recordObjection(region, caller, {
    personId: personIdOf(body.patient.reference),
    inForce: isObjection(body),
  });
  if (!recorded.ok) return recorded;
  const { objection, personId } = recorded.value;
  return {
    ok: true,
    value: {
      status: 201,
      body: writeConsent(personId, objection),
      headers: { ETag: `W/"${objection.version}"` },
      disclosures: [{ personId, resourceCount: 1 }],
    },
  };
});
