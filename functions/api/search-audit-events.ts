import * as z from 'zod';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { httpOperation } from '../edge/http-operation.ts';
import { writeAuditEvent } from '../formats/fhir/audit-event.ts';
import { searchSet } from '../formats/fhir/search-set.ts';
import type { Disclosure } from '../usecases/region.ts';
import { searchAudit } from '../usecases/search-audit.ts';
import { searchAuditOfAgent } from '../usecases/search-audit-of-agent.ts';
import { cursorText, pageSize, patientReference, personIdOf } from './schemas.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({
    patient: patientReference.optional(),
    agent: z.string().min(1).max(128).optional(),
    _count: pageSize,
    _cursor: cursorText.optional(),
  }),
};

export const handler = httpOperation(
  'search-audit-events',
  schemas,
  async (region, caller, { query, baseUrl }) => {
    const { _count: count, _cursor: cursor, agent, patient } = query;
    const page = (about: string, entries: readonly AuditEntry[], next: string | undefined) => {
      const self = `${baseUrl}/AuditEvent?${about}&_count=${count}`;
      return searchSet({
        entries: entries.map((entry) => ({
          fullUrl: `${baseUrl}/AuditEvent/${entry.id}`,
          resource: writeAuditEvent(entry, { policy: region.policy, baseUrl }),
        })),
        links: [
          { relation: 'self', url: self },
          ...(next ? [{ relation: 'next', url: `${self}&_cursor=${next}` }] : []),
        ],
      });
    };
    if (patient !== undefined && agent === undefined) {
      const found = await searchAudit(region, caller, { personId: personIdOf(patient), count, cursor });
      if (!found.ok) return found;
      const { entries, next, personId } = found.value;
      const disclosures = [{ personId, resourceCount: entries.length }];
      return {
        ok: true,
        value: { status: 200, body: page(`patient=${personId}`, entries, next), disclosures },
      };
    }
    const found = await searchAuditOfAgent(region, caller, {
      agent: patient === undefined ? agent : undefined,
      count,
      cursor,
    });
    if (!found.ok) return found;
    const { entries, next } = found.value;
    const body = page(`agent=${encodeURIComponent(agent ?? '')}`, entries, next);
    return { ok: true, value: { status: 200, body, disclosures: everyPatientOf(entries) } };
  },
);

/** What a user did names each patient at whom they looked. */
function everyPatientOf(entries: readonly AuditEntry[]): Disclosure[] {
  const counts = new Map<string, number>();
  for (const { personId } of entries) if (personId) counts.set(personId, (counts.get(personId) ?? 0) + 1);
  return [...counts].map(([personId, resourceCount]) => ({ personId, resourceCount }));
}
