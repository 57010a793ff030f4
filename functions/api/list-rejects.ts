import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeReject } from '../formats/plain/rejects.ts';
import { listRejects } from '../usecases/list-rejects.ts';
import { cursorText, pageSize } from './schemas.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({
    organisation: z
      .string()
      .regex(/^[A-Z0-9]{3,10}$/)
      .optional(),
    _count: pageSize,
    _cursor: cursorText.optional(),
  }),
};

export const handler = httpOperation('list-rejects', schemas, async (region, caller, { query, baseUrl }) => {
  const { _count: count, _cursor: cursor, organisation } = query;
  const listed = await listRejects(region, caller, { organisation, count, cursor });
  if (!listed.ok) return listed;
  const { next, rejects } = listed.value;
  const about = organisation === undefined ? '' : `&organisation=${organisation}`;
  const url = `${baseUrl}/rejects?_count=${count}${about}&_cursor=`;
  return {
    ok: true,
    value: {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: { rejects: rejects.map(writeReject), ...(next && { next: `${url}${next}` }) },
      disclosures: [],
    },
  };
});
