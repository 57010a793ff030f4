import * as z from 'zod';
import { recordTypes } from '../domain/record/record-types.ts';
import { sectionCodes } from '../domain/record/section-codes.ts';
import { httpOperation } from '../edge/http-operation.ts';
import { writeRecordPage } from '../formats/fhir/record-page.ts';
import { readRecord } from '../usecases/read-record.ts';
import { addressOf, asOf, codeList, entryFilterOf, moment } from './entry-query.ts';
import { cursorText, fhirId, pageSize } from './schemas.ts';

const known: ReadonlySet<string> = new Set(['Patient', ...recordTypes]);

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({
    _asOf: asOf.optional(),
    _since: moment.optional(),
    _type: codeList.refine((list) => list.split(',').every((type) => known.has(type))).optional(),
    start: moment.optional(),
    end: moment.optional(),
    _count: pageSize,
    _cursor: cursorText.optional(),
  }),
};

export const handler = httpOperation(
  'read-everything',
  schemas,
  async (region, caller, { path, query, baseUrl }) => {
    const { _count: count, _cursor: cursor, ...filters } = query;
    const { _since: since, _type: type, end, start } = filters;
    const types = type ? new Set(type.split(',')) : known;
    const read = await readRecord(region, caller, {
      personId: path.id,
      sections: sectionCodes,
      asOf: query._asOf,
      order: 'section',
      filter: {
        ...entryFilterOf({
          date: [...(start ? [`ge${start}`] : []), ...(end ? [`le${end}`] : [])],
          _lastUpdated: since ? [`ge${since}`] : [],
        }),
        resourceTypes: types,
      },
      count,
      cursor,
      query: addressOf('read-everything', filters),
    });
    if (!read.ok) return read;
    const { entries, isFirst, person } = read.value;
    const { personId, updatedAt } = person;
    const isNew = since === undefined || Date.parse(updatedAt) >= Date.parse(since);
    const withPatient = isFirst && types.has('Patient') && isNew;
    const body = writeRecordPage(read.value, {
      baseUrl,
      self: addressOf(`${baseUrl}/Patient/${personId}/$everything`, { ...filters, _count: count }),
      withPatient,
    });
    const resources = entries.map(({ entryId, resourceType }) => `${resourceType}/${entryId}`);
    const disclosure = { personId, resourceCount: resources.length + Number(withPatient), resources };
    return { ok: true, value: { status: 200, body, disclosures: [disclosure] } };
  },
);
