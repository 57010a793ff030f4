import * as z from 'zod';
import { sectionCodes } from '../domain/record/section-codes.ts';
import { httpOperation } from '../edge/http-operation.ts';
import { writeSectionPage } from '../formats/fhir/section-page.ts';
import { readSection } from '../usecases/read-section.ts';
import { addressOf, asOf, codeList, entryFilterOf, entryQuery } from './entry-query.ts';
import { fhirId } from './schemas.ts';

const { _count, _cursor, _lastUpdated, date, status } = entryQuery;
const schemas = {
  path: z.strictObject({ id: fhirId, code: z.enum(sectionCodes) }),
  query: z.strictObject({
    _asOf: asOf.optional(),
    _count,
    _cursor,
    _lastUpdated,
    date,
    status,
    source: z.array(codeList).max(50).optional(),
  }),
};

export const handler = httpOperation(
  'read-section',
  schemas,
  async (region, caller, { path, query, baseUrl }) => {
    const { code: section } = path;
    const { _count: count, _cursor: cursor, ...asked } = query;
    const { _asOf, source, ...filters } = asked;
    const organisations = source && new Set(source.flatMap((list) => list.split(',')));
    const isFiltered = Object.values({ source, ...filters }).some((value) => value !== undefined);
    const read = await readSection(region, caller, {
      personId: path.id,
      section,
      count,
      cursor,
      asOf: _asOf,
      filter: isFiltered ? { ...entryFilterOf(filters), ...(organisations && { organisations }) } : undefined,
      query: addressOf('', asked),
    });
    if (!read.ok) return read;
    const { entries, firstPage, person } = read.value;
    const { personId } = person;
    const address = `${baseUrl}/Patient/${personId}/sections/${section}`;
    const self = addressOf(address, { ...asked, _count: count });
    const body = writeSectionPage(section, read.value, { self, baseUrl });
    const resources = entries.flatMap(({ duplicates, entry }) =>
      [entry, ...duplicates].map(({ entryId, resourceType }) => `${resourceType}/${entryId}`),
    );
    const withPatient = section === 'demographics' && firstPage;
    const disclosure = {
      personId,
      section,
      resourceCount: resources.length + Number(withPatient),
      resources,
    };
    return { ok: true, value: { status: 200, body, disclosures: [disclosure] } };
  },
);
