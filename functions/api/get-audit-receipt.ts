import * as z from 'zod';
import { openObjects } from '../edge/audit-log.ts';
import { httpOperation } from '../edge/http-operation.ts';
import type { LogObjects } from '../store/log-objects.ts';
import { readReceipt } from '../usecases/read-receipt.ts';

const schemas = {
  path: z.strictObject({ id: z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/) }),
  query: z.strictObject({}),
};

let objects: LogObjects | undefined;

export const handler = httpOperation('get-audit-receipt', schemas, async (region, caller, { path }) => {
  objects ??= openObjects();
  const found = await readReceipt(region, objects, caller, path.id);
  if (!found.ok) return found;
  const { personId, index, text, proof } = found.value;
  return {
    ok: true,
    value: {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: { id: path.id, index, entry: text, proof },
      disclosures: [{ resourceCount: 1, ...(personId && { personId }) }],
    },
  };
});
