import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeReject } from '../formats/plain/rejects.ts';
import { readReject } from '../usecases/list-rejects.ts';
import { fhirId } from './schemas.ts';

const schemas = { path: z.strictObject({ id: fhirId }), query: z.strictObject({}) };

export const handler = httpOperation('read-reject', schemas, async (region, caller, { path }) => {
  const read = await readReject(region, caller, path.id);
  if (!read.ok) return read;
  const { message } = read.value;
  return {
    ok: true,
    value: {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: { ...writeReject(read.value), ...(message !== undefined && { message }) },
      // Whoever is in it: a message that was refused is nobody's record.
      disclosures: [{ resourceCount: message === undefined ? 0 : 1 }],
    },
  };
});
