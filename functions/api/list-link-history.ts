import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeLinkHistory } from '../formats/fhir/link-history.ts';
import { listLinkHistory } from '../usecases/list-link-history.ts';
import { cursorText, fhirId, pageSize } from './schemas.ts';

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({ _count: pageSize, _cursor: cursorText.optional() }),
};

export const handler = httpOperation(
  'list-link-history',
  schemas,
  async (region, caller, { path, query, baseUrl }) => {
    const { _count: count, _cursor: cursor } = query;
    const listed = await listLinkHistory(region, caller, { personId: path.id, count, cursor });
    if (!listed.ok) return listed;
    const { events, next } = listed.value;
    const url = `${baseUrl}/Patient/${path.id}/$link-history?_count=${count}&_cursor=`;
    return {
      ok: true,
      value: {
        status: 200,
        body: writeLinkHistory(path.id, events, next && `${url}${next}`),
        disclosures: [{ personId: path.id, resourceCount: events.length }],
      },
    };
  },
);
