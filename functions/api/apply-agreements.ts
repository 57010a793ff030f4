import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { loadPolicy } from '../edge/policy.ts';
import { applyAgreements } from '../usecases/apply-agreements.ts';
import { requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.Agreements };

export const handler = httpOperation('apply-agreements', schemas, async (region, caller, { body }) => {
  const applied = await applyAgreements(region, caller, body, loadPolicy().agreements);
  if (!applied.ok) return applied;
  const { version } = applied.value;
  return {
    ok: true,
    value: {
      status: 200,
      headers: { 'Content-Type': 'application/json', ETag: `W/"${version}"` },
      body: applied.value,
      // So that the audit says which version came into force with this entry.
      disclosures: [{ resourceCount: 1, resources: [`Agreements/${version}`] }],
    },
  };
});
