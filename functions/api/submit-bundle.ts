import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeTransactionResponse } from '../formats/fhir/transaction-response.ts';
import { submitBundle } from '../usecases/submit-bundle.ts';
import { requestSchemas } from './schemas.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({}),
  body: requestSchemas.TransactionBundle,
};

export const handler = httpOperation('submit-bundle', schemas, async (region, caller, request) => {
  const submitted = await submitBundle(region, caller, {
    bundle: request.body,
    body: request.bodyText,
    requestId: request.requestId,
    newPersonId: () => crypto.randomUUID(),
  });
  if (!submitted.ok) return submitted;
  const { entries } = submitted.value;
  const people = [...new Set(entries.flatMap(({ personId }) => personId ?? []))];
  return {
    ok: true,
    value: {
      status: 200,
      body: writeTransactionResponse(entries),
      disclosures: people.map((personId) => ({
        personId,
        resourceCount: entries.filter((entry) => entry.personId === personId).length,
      })),
    },
  };
});
