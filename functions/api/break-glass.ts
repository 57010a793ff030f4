import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { readBreakGlass, writeBreakGlass } from '../formats/fhir/break-glass-parameters.ts';
import { breakGlass } from '../usecases/break-glass.ts';
import { refuse } from '../usecases/region.ts';
import { fhirId, requestSchemas } from './schemas.ts';

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({}),
  body: requestSchemas.BreakGlassParameters,
};

export const handler = httpOperation('break-glass', schemas, async (region, caller, { body, path }) => {
  const read = readBreakGlass(body.parameter);
  if (!read.ok) return refuse('INVALID_REQUEST', { issues: read.issues });
  const made = await breakGlass(region, caller, { personId: path.id, ...read.claim });
  if (!made.ok) return made;
  const { reason, until } = made.value;
  return {
    ok: true,
    value: {
      status: 200,
      body: writeBreakGlass(until),
      disclosures: [{ personId: path.id, resourceCount: 0, reason }],
    },
  };
});
