import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { loadPolicy } from '../edge/policy.ts';
import { readAgreements } from '../usecases/read-agreements.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}) };

export const handler = httpOperation('read-agreements', schemas, async (region, caller) => {
  const { agreements: shipped, region: name } = loadPolicy();
  const read = await readAgreements(region, caller, shipped);
  if (!read.ok) return read;
  const { agreements, appliedAt, appliedBy, version } = read.value;
  const by = appliedBy && { name: appliedBy.name, organisation: appliedBy.organisation };
  return {
    ok: true,
    value: {
      status: 200,
      headers: { 'Content-Type': 'application/json', ETag: `W/"${version}"` },
      body: { region: name, version, ...(appliedAt && { appliedAt, appliedBy: by }), agreements },
      disclosures: [],
    },
  };
});
