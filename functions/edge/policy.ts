import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RegionPolicy, regionPolicySchema } from '../domain/access/region-policy.ts';
import { requireVariable } from './env.ts';

let policy: RegionPolicy | undefined;

/** The region's policy, from region.json beside the bundle; apart from region.ts, so that the authoriser needs no SDK. */
export function loadPolicy(): RegionPolicy {
  policy ??= regionPolicySchema.parse(
    JSON.parse(readFileSync(join(requireVariable('LAMBDA_TASK_ROOT'), 'region.json'), 'utf8')),
  );
  return policy;
}
