import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeAuditEvent } from '../formats/fhir/audit-event.ts';
import { searchSet } from '../formats/fhir/search-set.ts';
import { searchAudit } from '../usecases/search-audit.ts';
import { cursorText, pageSize, patientReference, personIdOf } from './schemas.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({ patient: patientReference, _count: pageSize, _cursor: cursorText.optional() }),
};

export const handler = httpOperation(
  'search-audit-events',
  schemas,
  async (region, caller, { query, baseUrl }) => {
    const { _count: count, _cursor: cursor } = query;
    const found = await searchAudit(region, caller, {
      personId: personIdOf(query.patient),
      count,
      cursor,
    });
    if (!found.ok) return found;
    const { entries, next, personId } = found.value;
    const self = `${baseUrl}/AuditEvent?patient=${personId}&_count=${count}`;
    return {
      ok: true,
      value: {
        status: 200,
        body: searchSet({
          entries: entries.map((entry) => ({
            fullUrl: `${baseUrl}/AuditEvent/${entry.id}`,
            resource: writeAuditEvent(entry, { policy: region.policy, baseUrl }),
          })),
          links: [
            { relation: 'self', url: self },
            ...(next ? [{ relation: 'next', url: `${self}&_cursor=${next}` }] : []),
          ],
        }),
        disclosures: [{ personId, resourceCount: entries.length }],
      },
    };
  },
);
