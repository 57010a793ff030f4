import * as z from 'zod';
import { sectionCodes } from '../domain/record/section-codes.ts';
import { httpOperation } from '../edge/http-operation.ts';
import { writeSectionPage } from '../formats/fhir/section-page.ts';
import { readSection } from '../usecases/read-section.ts';
import { cursorText, fhirId, pageSize } from './schemas.ts';

const schemas = {
  path: z.strictObject({ id: fhirId, code: z.enum(sectionCodes) }),
  query: z.strictObject({ _count: pageSize, _cursor: cursorText.optional() }),
};

export const handler = httpOperation(
  'read-section',
  schemas,
  async (region, caller, { path, query, baseUrl }) => {
    const { code: section } = path;
    const { _count: count, _cursor: cursor } = query;
    const read = await readSection(region, caller, { personId: path.id, section, count, cursor });
    if (!read.ok) return read;
    const { personId } = read.value.person;
    const self = `${baseUrl}/Patient/${personId}/sections/${section}`;
    const body = writeSectionPage(section, read.value, { self, baseUrl, count });
    const resources = read.value.entries.map(({ entryId, resourceType }) => `${resourceType}/${entryId}`);
    const resourceCount = section === 'demographics' ? 1 : resources.length;
    const disclosure = { personId, section, resourceCount, resources };
    return { ok: true, value: { status: 200, body, disclosures: [disclosure] } };
  },
);
