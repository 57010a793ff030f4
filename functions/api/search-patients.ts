import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writePatient } from '../formats/fhir/patient-answer.ts';
import { readPatientSearch } from '../formats/fhir/patient-search.ts';
import { searchSet } from '../formats/fhir/search-set.ts';
import { instant } from '../store/store.ts';
import { asksByNumberAlone, searchPatients } from '../usecases/search-patients.ts';

const text = z.string().min(1).max(100).optional();
const dates = z.array(z.string().max(12)).max(2).optional();
const flag = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .optional();

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({
    identifier: text,
    family: text,
    given: z.array(z.string().min(1).max(100)).max(10).optional(),
    birthdate: dates,
    'death-date': dates,
    gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
    'address-postalcode': text,
    'address-postcode': text,
    'general-practitioner': text,
    phone: text,
    email: z.string().min(1).max(254).optional(),
    '_fuzzy-match': flag,
    '_exact-match': flag,
    _history: flag,
    '_max-results': z
      .string()
      .regex(/^([1-9]|[1-4][0-9]|50)$/)
      .transform(Number)
      .optional(),
  }),
};

export const handler = httpOperation(
  'search-patients',
  schemas,
  async (region, caller, { query, baseUrl }) => {
    const read = readPatientSearch(query, instant(region.store).slice(0, 10));
    if (!read.ok) return read;
    const found = await searchPatients(region, caller, read.search, query['_max-results']);
    if (!found.ok) return found;
    const entries = found.value.map(({ person, score }) => ({
      fullUrl: `${baseUrl}/Patient/${person.personId}`,
      resource: writePatient(person),
      search: { score },
    }));
    const numberAlone = asksByNumberAlone(read.search);
    return {
      ok: true,
      value: {
        status: 200,
        isEven: numberAlone && entries.length === 0,
        // The link names no parameter: a URL with names and birth dates in it is soon in somebody's log.
        body: searchSet({
          entries,
          numberAlone,
          total: entries.length,
          links: [{ relation: 'self', url: `${baseUrl}/Patient` }],
        }),
        disclosures: found.value.map(({ person }) => ({
          personId: person.personId,
          section: 'demographics' as const,
          resourceCount: 1,
        })),
      },
    };
  },
);
