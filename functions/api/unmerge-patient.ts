import * as z from 'zod';
import { type Answer, httpOperation } from '../edge/http-operation.ts';
import { readUnmergeParameters, writeMergeAnswer } from '../formats/fhir/merge-parameters.ts';
import type { GoldenPerson } from '../formats/fhir/patient-answer.ts';
import { takeRecordAway } from '../usecases/take-record-away.ts';
import { unmergePatient } from '../usecases/unmerge-patient.ts';
import { fhirId, requestSchemas } from './schemas.ts';

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({}),
  body: requestSchemas.UnmergeParameters,
};

export const handler = httpOperation('unmerge-patient', schemas, async (region, caller, request) => {
  const read = readUnmergeParameters(request.body.parameter ?? []);
  if (!read.ok) return { ok: false, code: 'INVALID_REQUEST', issues: read.issues };
  const { record, target, ...command } = read.unmerge;
  const { expectedVersion, path } = request;
  const about = { ...command, personId: path.id, expectedVersion };
  if (!record) {
    const unmerged = await unmergePatient(region, caller, about);
    if (!unmerged.ok) return unmerged;
    const { restored, survivor } = unmerged.value;
    return answer('The merge is undone: both are as their own records make them.', restored, survivor);
  }
  const newPersonId = () => crypto.randomUUID();
  const taken = await takeRecordAway(region, caller, { ...about, source: record, target, newPersonId });
  if (!taken.ok) return taken;
  const { former, owner } = taken.value;
  return answer('The record is taken away from this person; the result is whose it is now.', owner, former);
});

function answer(words: string, result: GoldenPerson, other: GoldenPerson): { ok: true; value: Answer } {
  return {
    ok: true,
    value: {
      status: 200,
      body: writeMergeAnswer(words, result),
      headers: { ETag: `W/"${result.version}"` },
      disclosures: [result, other].map(({ personId }) => ({
        personId,
        section: 'demographics' as const,
        resourceCount: 1,
      })),
    },
  };
}
