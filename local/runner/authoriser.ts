import * as z from 'zod';
import type { ApiDefinition, AuthoriserDefinition, IdentitySource } from './api-definition.ts';
import { readContextVariable } from './context-variables.ts';
import type { FunctionPool } from './function-pool.ts';
import type { AuthorisedCaller, GatewayRefusal, GatewayRequest } from './gateway-request.ts';
import { headerValue } from './gateway-request.ts';
import type { InvokePolicy } from './invoke-policy.ts';
import { evaluateInvokePolicy, invokePolicySchema } from './invoke-policy.ts';
import { describeRequest } from './proxy-event.ts';

/** What came of asking an authoriser. */
export type Authorisation =
  | { readonly kind: 'allowed'; readonly caller: AuthorisedCaller }
  | { readonly kind: 'refused'; readonly refusal: GatewayRefusal; readonly caller?: AuthorisedCaller };

/** Asks the authorisers of one API, with their caches. */
export interface Authorisers {
  authorise(authoriser: AuthoriserDefinition, request: GatewayRequest): Promise<Authorisation>;
}

const outputSchema = z.object({
  principalId: z.string().min(1),
  policyDocument: invokePolicySchema,
  /** Flat: a list or an object in it makes API Gateway answer 500. */
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).nullish(),
  usageIdentifierKey: z.string().nullish(),
});

interface Verdict {
  readonly caller: AuthorisedCaller;
  readonly policy: InvokePolicy;
}

interface AuthorisersInput {
  readonly api: ApiDefinition;
  readonly accountId: string;
  readonly region: string;
  readonly pools: ReadonlyMap<string, FunctionPool>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

const unauthorised: Authorisation = {
  kind: 'refused',
  refusal: { type: 'UNAUTHORIZED', message: 'Unauthorized' },
};

/** More callers than a local region sees; the oldest verdict gives way. */
const maximumCachedVerdicts = 10_000;

/** Makes the authorisers with empty caches. */
export function createAuthorisers(input: AuthorisersInput): Authorisers {
  const { api, clock } = input;
  const cache = new Map<string, { readonly verdict: Verdict; readonly expiresAt: number }>();

  function readIdentity(source: IdentitySource, request: GatewayRequest): string | undefined {
    switch (source.location) {
      case 'header':
        return headerValue(request, source.name);
      case 'querystring':
        return request.query.get(source.name)?.at(-1);
      case 'stageVariables':
        return api.stageVariables?.[source.name];
      case 'context':
        return readContextVariable(source.name, { api, accountId: input.accountId, request });
    }
  }

  async function ask(
    authoriser: AuthoriserDefinition,
    request: GatewayRequest,
    methodArn: string,
    token: string,
  ): Promise<Verdict | Authorisation> {
    const event =
      authoriser.type === 'TOKEN'
        ? { type: 'TOKEN', methodArn, authorizationToken: token }
        : { type: 'REQUEST', methodArn, ...describeRequest(request, api, input.accountId) };
    const pool = input.pools.get(authoriser.functionName);
    if (pool === undefined)
      throw new Error(`the authoriser's function ${authoriser.functionName} is not served`);
    const started = performance.now();
    const outcome = await pool.invoke(JSON.stringify(event), {
      traceId: request.traceId,
      limitMilliseconds: 29_000,
    });
    if (outcome.kind === 'failed' && outcome.errorMessage === 'Unauthorized') return unauthorised;
    if (outcome.kind !== 'returned') {
      const type = outcome.kind === 'timed-out' ? 'AUTHORIZER_FAILURE' : 'AUTHORIZER_CONFIGURATION_ERROR';
      return { kind: 'refused', refusal: { type, message: 'Internal server error' } };
    }
    const output = outputSchema.safeParse(JSON.parse(outcome.payload));
    if (!output.success) {
      return {
        kind: 'refused',
        refusal: { type: 'AUTHORIZER_CONFIGURATION_ERROR', message: 'Internal server error' },
      };
    }
    return {
      policy: output.data.policyDocument,
      caller: {
        principalId: output.data.principalId,
        context: output.data.context ?? {},
        usageIdentifierKey: output.data.usageIdentifierKey ?? undefined,
        latencyMilliseconds: Math.round(performance.now() - started),
      },
    };
  }

  /** The policy, cached or fresh, decides on this method: a cached one that is too narrow refuses the next path. */
  function decide(verdict: Verdict, methodArn: string): Authorisation {
    const decision = evaluateInvokePolicy(verdict.policy, methodArn);
    if (decision === 'allowed') return { kind: 'allowed', caller: verdict.caller };
    const message = 'User is not authorized to access this resource';
    return {
      kind: 'refused',
      caller: verdict.caller,
      refusal: {
        type: 'ACCESS_DENIED',
        message: decision === 'denied-explicitly' ? `${message} with an explicit deny` : message,
      },
    };
  }

  return {
    async authorise(authoriser, request) {
      const identity: string[] = [];
      for (const source of authoriser.identitySources) {
        const value = readIdentity(source, request);
        // Only a cache needs the identity; a REQUEST authoriser without one is asked about every request.
        const needed = authoriser.cacheSeconds > 0 || authoriser.type === 'TOKEN';
        if ((value === undefined || value === '') && needed) return unauthorised;
        identity.push(value ?? '');
      }
      if (authoriser.tokenPattern !== undefined && !authoriser.tokenPattern.test(identity[0] ?? '')) {
        return unauthorised;
      }
      const path = request.path.replace(/^\//, '').replace(/\/$/, '');
      const methodArn = `arn:aws:execute-api:${input.region}:${input.accountId}:${api.id}/${api.stageName}/${request.httpMethod}/${path}`;
      const key = JSON.stringify([authoriser.id, ...identity]);
      const cached = cache.get(key);
      if (cached !== undefined && cached.expiresAt > clock()) {
        const caller = { ...cached.verdict.caller, latencyMilliseconds: 0 };
        return decide({ ...cached.verdict, caller }, methodArn);
      }
      const asked = await ask(authoriser, request, methodArn, identity[0] ?? '');
      if ('kind' in asked) return asked;
      if (authoriser.cacheSeconds > 0) {
        cache.delete(key);
        cache.set(key, { verdict: asked, expiresAt: clock() + authoriser.cacheSeconds * 1000 });
        if (cache.size > maximumCachedVerdicts) {
          const [oldest] = cache.keys();
          if (oldest !== undefined) cache.delete(oldest);
        }
      }
      return decide(asked, methodArn);
    },
  };
}
