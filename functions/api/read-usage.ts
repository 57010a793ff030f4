import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeUsage, writeUsageCsv } from '../formats/plain/usage.ts';
import { readMonthlyUsage } from '../usecases/read-usage.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({
    month: z
      .string()
      .regex(/^20[0-9]{2}-(0[1-9]|1[0-2])$/)
      .optional(),
    public: z.enum(['true', 'false']).default('false'),
    _format: z.enum(['json', 'application/json', 'csv', 'text/csv']).optional(),
  }),
};

export const handler = httpOperation('read-usage', schemas, async (region, caller, { accept, query }) => {
  const read = await readMonthlyUsage(region, caller, {
    month: query.month,
    publicForm: query.public === 'true',
  });
  if (!read.ok) return read;
  const wantsCsv = query._format ? query._format.endsWith('csv') : accept.includes('text/csv');
  const [type, body] = wantsCsv
    ? ['text/csv; charset=utf-8', writeUsageCsv(read.value)]
    : ['application/json', writeUsage(read.value)];
  return { ok: true, value: { status: 200, headers: { 'Content-Type': type }, body, disclosures: [] } };
});
