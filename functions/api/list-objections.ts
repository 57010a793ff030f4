import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeConsents } from '../formats/fhir/consent.ts';
import { searchSet } from '../formats/fhir/search-set.ts';
import { listObjections } from '../usecases/list-objections.ts';
import { patientReference, personIdOf } from './schemas.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({
    patient: patientReference,
    status: z.enum(['active', 'proposed', 'inactive']).optional(),
  }),
};

export const handler = httpOperation(
  'list-objections',
  schemas,
  async (region, caller, { query, baseUrl }) => {
    const listed = await listObjections(region, caller, personIdOf(query.patient));
    if (!listed.ok) return listed;
    const { now, personId, statements } = listed.value;
    const patient = { reference: `Patient/${personId}` };
    const consents = writeConsents({ patient, statements, now }).filter(
      ({ status }) => query.status === undefined || status === query.status,
    );
    const filter = query.status ? `&status=${query.status}` : '';
    return {
      ok: true,
      value: {
        status: 200,
        body: searchSet({
          entries: consents.map((resource) => ({
            fullUrl: `${baseUrl}/Consent/${resource.id}`,
            resource,
          })),
          total: consents.length,
          links: [{ relation: 'self', url: `${baseUrl}/Consent?patient=${personId}${filter}` }],
        }),
        disclosures: [
          {
            personId,
            resourceCount: consents.length,
            resources: consents.map(({ id }) => `Consent/${id}`),
          },
        ],
      },
    };
  },
);
