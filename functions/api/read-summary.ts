import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeSummary } from '../formats/fhir/summary.ts';
import { summariseRecord } from '../usecases/summarise-record.ts';
import { asOf } from './entry-query.ts';
import { fhirId } from './schemas.ts';

const schemas = { path: z.strictObject({ id: fhirId }), query: z.strictObject({ _asOf: asOf.optional() }) };

export const handler = httpOperation(
  'read-summary',
  schemas,
  async (region, caller, { path, query, baseUrl }) => {
    const summarised = await summariseRecord(region, caller, { personId: path.id, asOf: query._asOf });
    if (!summarised.ok) return summarised;
    const { entries, madeAt, person } = summarised.value;
    const body = writeSummary(summarised.value, {
      id: crypto.randomUUID(),
      madeAt,
      asOf: query._asOf,
      baseUrl,
      region: region.policy,
    });
    const resources = entries.flatMap(({ duplicates, entry }) =>
      [entry, ...duplicates].map(({ entryId, resourceType }) => `${resourceType}/${entryId}`),
    );
    const disclosure = { personId: person.personId, resourceCount: resources.length + 1, resources };
    return { ok: true, value: { status: 200, body, disclosures: [disclosure] } };
  },
);
