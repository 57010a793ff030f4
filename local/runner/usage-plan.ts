import type { ApiDefinition, MethodDefinition } from './api-definition.ts';
import { createTokenBuckets } from './token-bucket.ts';

/** What the API key and the limits say about a request. */
export type UsageDecision =
  | { readonly kind: 'allowed'; readonly apiKeyId: string | undefined }
  | { readonly kind: 'invalid-key' | 'throttled' | 'quota-exceeded' };

/** Counts requests against usage plans and method limits. */
export interface UsageCounter {
  /** Decides on one request and counts it. `apiKey` is the key's value, from the header or the authoriser. */
  count(method: MethodDefinition, apiKey: string | undefined): UsageDecision;
}

/** The start of the period that a moment (epoch milliseconds) falls in, in UTC as API Gateway counts. */
function startOfPeriod(now: number, period: 'DAY' | 'WEEK' | 'MONTH'): number {
  const date = new Date(now);
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  if (period === 'DAY') return midnight;
  if (period === 'WEEK') return midnight - date.getUTCDay() * 86_400_000;
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** Counts in memory, from zero: a restart forgets quotas. `clock` gives epoch milliseconds. */
export function createUsageCounter(api: ApiDefinition, clock: () => number): UsageCounter {
  const buckets = createTokenBuckets(clock);
  const quotas = new Map<string, { start: number; used: number }>();
  return {
    count(method, apiKey) {
      const name = `${method.resourcePath}/${method.httpMethod}`;
      let apiKeyId: string | undefined;
      if (method.apiKeyRequired) {
        const subscription = apiKey === undefined ? undefined : api.usagePlansByKey.get(apiKey);
        if (subscription === undefined) return { kind: 'invalid-key' };
        const { keyId, plan } = subscription;
        apiKeyId = keyId;
        // API Gateway's order: the client's limit for the method, the client's for the plan, the method's for all.
        const perMethod = plan.methodThrottles.get(name);
        const limit = perMethod ?? plan.throttle;
        const bucket = perMethod === undefined ? `plan ${keyId}` : `plan ${keyId} ${name}`;
        if (limit !== undefined && !buckets.take(bucket, limit)) return { kind: 'throttled' };
        if (plan.quota !== undefined) {
          const start = startOfPeriod(clock(), plan.quota.period);
          const book = quotas.get(keyId);
          const used = book?.start === start ? book.used : 0;
          if (used >= plan.quota.limit) return { kind: 'quota-exceeded' };
          quotas.set(keyId, { start, used: used + 1 });
        }
      }
      if (method.throttle !== undefined && !buckets.take(`method ${name}`, method.throttle)) {
        return { kind: 'throttled' };
      }
      return { kind: 'allowed', apiKeyId };
    },
  };
}
