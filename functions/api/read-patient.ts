import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writePatient } from '../formats/fhir/patient-answer.ts';
import { readPatient } from '../usecases/read-patient.ts';
import { asOf } from './entry-query.ts';
import { fhirId } from './schemas.ts';

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({ _asOf: asOf.optional() }),
};

export const handler = httpOperation('read-patient', schemas, async (region, caller, { path, query }) => {
  const found = await readPatient(region, caller, { personId: path.id, asOf: query._asOf });
  if (!found.ok) return found;
  const person = found.value;
  return {
    ok: true,
    value: {
      status: 200,
      body: writePatient(person),
      headers: { ETag: `W/"${person.version}"` },
      disclosures: [{ personId: person.personId, section: 'demographics', resourceCount: 1 }],
    },
  };
});
