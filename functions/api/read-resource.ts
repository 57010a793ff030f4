import * as z from 'zod';
import { organisationOf } from '../domain/access/region-policy.ts';
import { recordTypes } from '../domain/record/record-types.ts';
import { httpOperation } from '../edge/http-operation.ts';
import { serveEntry } from '../formats/fhir/served-entry.ts';
import { readResource } from '../usecases/read-resource.ts';
import { asOf } from './entry-query.ts';
import { fhirId } from './schemas.ts';

const schemas = {
  path: z.strictObject({ type: z.enum(recordTypes), id: fhirId }),
  query: z.strictObject({ _asOf: asOf.optional() }),
};

export const handler = httpOperation('read-resource', schemas, async (region, caller, { path, query }) => {
  const named = { resourceType: path.type, entryId: path.id };
  const read = await readResource(region, caller, { ...named, asOf: query._asOf });
  if (!read.ok) return read;
  const { entry, personId } = read.value;
  const { name, type } = organisationOf(region.policy, entry.source.ods) ?? { name: entry.source.ods };
  const body = serveEntry({ ...entry, organisation: { name, ...(type && { type }) } }, personId);
  const { section, version } = entry;
  const resources = [`${entry.resourceType}/${entry.entryId}`];
  return {
    ok: true,
    value: {
      status: 200,
      body,
      headers: { ETag: `W/"${version}"` },
      disclosures: [{ personId, section, resourceCount: 1, resources }],
    },
  };
});
