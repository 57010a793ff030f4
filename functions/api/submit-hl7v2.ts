import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { fileHl7v2 } from '../usecases/file-hl7v2.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: z.instanceof(Uint8Array) };

export const handler = httpOperation('submit-hl7v2', schemas, (region, caller, { body }) =>
  fileHl7v2(region, caller, { bytes: body, newPersonId: () => crypto.randomUUID() }),
);
