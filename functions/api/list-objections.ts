import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeConsent } from '../formats/fhir/consent.ts';
import { searchSet } from '../formats/fhir/search-set.ts';
import { listObjections } from '../usecases/list-objections.ts';
import { patientReference, personIdOf } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({ patient: patientReference }) };

export const handler = httpOperation(
  'list-objections',
  schemas,
  async (region, caller, { query, baseUrl }) => {
    const listed = await listObjections(region, caller, personIdOf(query.patient));
    if (!listed.ok) return listed;
    const { objections, personId } = listed.value;
    const entries = objections.map((objection) => ({
      fullUrl: `${baseUrl}/Consent/${objection.id}`,
      resource: writeConsent(personId, objection),
    }));
    return {
      ok: true,
      value: {
        status: 200,
        body: searchSet({
          entries,
          total: entries.length,
          links: [{ relation: 'self', url: `${baseUrl}/Consent?patient=${personId}` }],
        }),
        disclosures: [{ personId, resourceCount: entries.length }],
      },
    };
  },
);
