import * as z from 'zod';
import { recordTypes, sectionsOfType } from '../domain/record/record-types.ts';
import { httpOperation } from '../edge/http-operation.ts';
import { writeRecordPage } from '../formats/fhir/record-page.ts';
import { readRecord } from '../usecases/read-record.ts';
import { addressOf, asOf, entryFilterOf, entryQuery } from './entry-query.ts';
import { patientReference, personIdOf } from './schemas.ts';

const schemas = {
  path: z.strictObject({ type: z.enum(recordTypes) }),
  query: z.strictObject({ patient: patientReference, _asOf: asOf.optional(), ...entryQuery }),
};

export const handler = httpOperation(
  'search-resources',
  schemas,
  async (region, caller, { path, query, baseUrl }) => {
    const { type } = path;
    const { _count: count, _cursor: cursor, patient, ...filters } = query;
    const personId = personIdOf(patient);
    const [first = 'demographics', ...sections] = sectionsOfType(type);
    const read = await readRecord(region, caller, {
      personId,
      sections: [first, ...sections],
      asOf: query._asOf,
      order: 'newest',
      filter: { ...entryFilterOf(filters), resourceTypes: new Set([type]) },
      count,
      cursor,
      query: addressOf(`search-resources ${type}`, filters),
    });
    if (!read.ok) return read;
    const { entries } = read.value;
    const body = writeRecordPage(read.value, {
      baseUrl,
      self: addressOf(`${baseUrl}/${type}`, { patient: personId, ...filters, _count: count }),
      withPatient: false,
    });
    const resources = entries.map(({ entryId, resourceType }) => `${resourceType}/${entryId}`);
    const disclosure = { personId: read.value.person.personId, resourceCount: entries.length, resources };
    return { ok: true, value: { status: 200, body, disclosures: [disclosure] } };
  },
);
