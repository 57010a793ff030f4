import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { readMergeParameters, writeMergeAnswer } from '../formats/fhir/merge-parameters.ts';
import { mergePatients } from '../usecases/merge-patients.ts';
import { requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.MergeParameters };

export const handler = httpOperation('merge-patients', schemas, async (region, caller, request) => {
  const read = readMergeParameters(request.body.parameter);
  if (!read.ok) return { ok: false, code: 'INVALID_REQUEST', issues: read.issues };
  const { expectedVersion } = request;
  const merged = await mergePatients(region, caller, { ...read.merge, expectedVersion });
  if (!merged.ok) return merged;
  const { changed, other, survivor } = merged.value;
  const words = changed
    ? 'The two are one from now on; reading the source patient leads to the target patient.'
    : read.merge.preview && other
      ? 'A preview: nothing was changed.'
      : 'The two were one already: nothing was changed.';
  return {
    ok: true,
    value: {
      status: 200,
      body: writeMergeAnswer(words, survivor),
      headers: { ETag: `W/"${survivor.version}"` },
      disclosures: [survivor, ...(other ? [other] : [])].map(({ personId }) => ({
        personId,
        section: 'demographics' as const,
        resourceCount: 1,
      })),
    },
  };
});
