import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { readMatchParameters } from '../formats/fhir/match-parameters.ts';
import { writeMatchSet } from '../formats/fhir/match-set.ts';
import { matchPatient } from '../usecases/match-patient.ts';
import { requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.MatchParameters };

export const handler = httpOperation('match-patient', schemas, async (region, caller, { body, baseUrl }) => {
  const read = readMatchParameters(body);
  if (!read.ok) return { ok: false, code: 'INVALID_REQUEST', issues: read.issues };
  const matched = await matchPatient(region, caller, read.query);
  if (!matched.ok) return matched;
  return {
    ok: true,
    value: {
      status: 200,
      body: writeMatchSet(matched.value, baseUrl),
      isEven: matched.value.numberAlone === true && matched.value.matches.length === 0,
      disclosures: matched.value.matches.map(({ person, decision }) => ({
        personId: person.personId,
        section: 'demographics' as const,
        resourceCount: 1,
        match: decision,
      })),
    },
  };
});
