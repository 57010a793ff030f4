import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { simulateAccess } from '../usecases/simulate-access.ts';
import { personIdOf, requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.Simulation };

export const handler = httpOperation('simulate-access', schemas, async (region, caller, { body }) => {
  const { agreements, patient, ...as } = body;
  const simulated = await simulateAccess(region, caller, {
    personId: personIdOf(patient),
    as: { purpose: 'directcare', subject: 'simulated', ...as },
    agreements,
  });
  if (!simulated.ok) return simulated;
  return {
    ok: true,
    value: {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: simulated.value,
      disclosures: [{ personId: simulated.value.personId, resourceCount: 0 }],
    },
  };
});
