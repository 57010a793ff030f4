import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Bundle, FhirResource, OperationOutcome } from 'fhir/r4.js';
import * as z from 'zod';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { callerOf } from '../../local/demo/callers.ts';
import { issueToken } from '../../local/demo/issue-token.ts';
import { keysFileName, readSigningKey, type SigningKey } from '../../local/demo/token-keys.ts';

const settingsSchema = z.object({
  /** Ends in `/FHIR/R4`. */
  TOWPATH_BASE_URL: z.url(),
  /** The `keys.json` whose public half the region was given as `TokenJwks`. */
  TOWPATH_KEYS: z
    .string()
    .refine((file) => path.basename(file) === keysFileName, `must name a ${keysFileName}`),
  /** The file of lib/config/regions that the region was made from. */
  TOWPATH_REGION: z.string().default('london'),
});

/** A response of the region with its body read. */
interface RegionResponse<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
  /** The catalogue's code when it is an error. */
  readonly code: string | undefined;
}

interface RegionRequest {
  /** The Authorization header, or none. */
  readonly authorization?: string;
  readonly body?: object;
  readonly requestId?: string;
}

/** A region that runs somewhere, and the means to be anybody there. */
export interface DeployedRegion {
  readonly policy: RegionPolicy;
  /** `route` is below the base path, with its query. */
  readonly call: <Body extends object = Bundle>(
    method: 'GET' | 'POST' | 'PUT' | 'PUT',
    route: string,
    request?: RegionRequest,
  ) => Promise<RegionResponse<Body>>;
  /** An Authorization header of a demo user. */
  readonly as: (user: string, organisation?: string) => Promise<string>;
  /** An access token, true or forged. */
  readonly sign: (options?: SignOptions) => Promise<string>;
}

interface SignOptions {
  readonly key?: SigningKey;
  readonly tokenIssuer?: string;
  readonly tokenAudience?: string;
  /** Epoch milliseconds. */
  readonly now?: number;
}

/** The region that the environment names; throws with what is missing. */
export async function openDeployedRegion(): Promise<DeployedRegion> {
  const settings = settingsSchema.parse(process.env);
  const policy = (await loadRegions()).get(settings.TOWPATH_REGION)?.policy;
  if (!policy) throw new Error(`TOWPATH_REGION: no region is called ${settings.TOWPATH_REGION}`);
  const signingKey = await readSigningKey(path.dirname(settings.TOWPATH_KEYS));
  if (!signingKey) throw new Error(`TOWPATH_KEYS: ${settings.TOWPATH_KEYS} does not exist`);

  const tokenOf = (caller: Caller, { key = signingKey, now = Date.now(), ...claims }: SignOptions = {}) =>
    issueToken(key, { ...policy, ...claims }, caller, now);
  const callerNamed = (user: string, organisation?: string): Caller => {
    const found = callerOf(policy, user, randomUUID(), { organisation });
    if (!found.ok) throw new Error(found.reason);
    return found.caller;
  };
  return {
    policy,
    as: async (user, organisation) => `Bearer ${await tokenOf(callerNamed(user, organisation))}`,
    sign: (options) => tokenOf(callerNamed('clinician'), options),
    async call<Body extends object>(
      method: 'GET' | 'POST' | 'PUT' | 'PUT',
      route: string,
      request: RegionRequest = {},
    ) {
      const { authorization, body, requestId } = request;
      const response = await fetch(`${settings.TOWPATH_BASE_URL}${route}`, {
        method,
        headers: {
          ...(authorization !== undefined && { Authorization: authorization }),
          ...(requestId !== undefined && { 'X-Request-ID': requestId }),
          ...(body && { 'Content-Type': 'application/fhir+json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const parsed: Body = JSON.parse(text);
      return { status: response.status, headers: response.headers, text, body: parsed, code: codeOf(parsed) };
    },
  };
}

function codeOf(body: object): string | undefined {
  const resource = body as FhirResource;
  return resource.resourceType === 'OperationOutcome'
    ? (resource as OperationOutcome).issue[0]?.details?.coding?.[0]?.code
    : undefined;
}
