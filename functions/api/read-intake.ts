import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { informationOutcome } from '../formats/fhir/operation-outcome.ts';
import { readIntake } from '../usecases/read-intake.ts';
import { fhirId } from './schemas.ts';

const schemas = { path: z.strictObject({ id: fhirId }), query: z.strictObject({}) };

export const handler = httpOperation('read-intake', schemas, async (region, caller, { path }) => {
  const read = await readIntake(region, caller, path.id);
  if (!read.ok) return read;
  const { answer } = read.value;
  return {
    ok: true,
    value: answer ?? {
      status: 202,
      headers: { 'Retry-After': '1' },
      body: informationOutcome('This feed waits to be filed. Ask again.'),
      disclosures: [],
    },
  };
});
