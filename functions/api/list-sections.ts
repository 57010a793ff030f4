import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeSectionList } from '../formats/fhir/section-list.ts';
import { listSections } from '../usecases/list-sections.ts';
import { asOf } from './entry-query.ts';
import { fhirId } from './schemas.ts';

const schemas = { path: z.strictObject({ id: fhirId }), query: z.strictObject({ _asOf: asOf.optional() }) };

export const handler = httpOperation('list-sections', schemas, async (region, caller, { path, query }) => {
  const listed = await listSections(region, caller, { personId: path.id, asOf: query._asOf });
  if (!listed.ok) return listed;
  const { person, sections } = listed.value;
  return {
    ok: true,
    value: {
      status: 200,
      body: writeSectionList(listed.value),
      disclosures: [{ personId: person.personId, resourceCount: sections.length }],
    },
  };
});
