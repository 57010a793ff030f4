import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writePrivacyAlert } from '../formats/plain/privacy-alerts.ts';
import { listPrivacyAlerts } from '../usecases/list-privacy-alerts.ts';
import { cursorText, pageSize } from './schemas.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({
    status: z.enum(['open', 'reviewed']).default('open'),
    _count: pageSize,
    _cursor: cursorText.optional(),
  }),
};

export const handler = httpOperation(
  'list-privacy-alerts',
  schemas,
  async (region, caller, { query, baseUrl }) => {
    const { _count: count, _cursor: cursor, status } = query;
    const listed = await listPrivacyAlerts(region, caller, { status, count, cursor });
    if (!listed.ok) return listed;
    const { alerts, next } = listed.value;
    const url = `${baseUrl}/privacy-alerts?status=${status}&_count=${count}&_cursor=`;
    return {
      ok: true,
      value: {
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        body: { alerts: alerts.map(writePrivacyAlert), ...(next && { next: `${url}${next}` }) },
        disclosures: [],
      },
    };
  },
);
