import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { readUnmergeParameters, writeMergeAnswer } from '../formats/fhir/merge-parameters.ts';
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
  const { expectedVersion, path } = request;
  const unmerged = await unmergePatient(region, caller, {
    personId: path.id,
    ...read.unmerge,
    expectedVersion,
  });
  if (!unmerged.ok) return unmerged;
  const { restored, survivor } = unmerged.value;
  const words = 'The merge is undone: both are as their own records make them.';
  return {
    ok: true,
    value: {
      status: 200,
      body: writeMergeAnswer(words, restored),
      headers: { ETag: `W/"${restored.version}"` },
      disclosures: [restored, survivor].map(({ personId }) => ({
        personId,
        section: 'demographics' as const,
        resourceCount: 1,
      })),
    },
  };
});
