import type { ThrottleLimit } from './api-definition.ts';

/** Token buckets by key: each starts full with `burst` tokens and refills at `ratePerSecond`. */
export interface TokenBuckets {
  /** Takes one token of the key's bucket; false when none is left. */
  take(key: string, limit: ThrottleLimit): boolean;
}

/** Makes empty books; `clock` gives epoch milliseconds. */
export function createTokenBuckets(clock: () => number): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key, limit) {
      const now = clock();
      const bucket = buckets.get(key) ?? { tokens: limit.burst, at: now };
      const refilled = bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * limit.ratePerSecond;
      const tokens = Math.min(limit.burst, refilled);
      const allowed = tokens >= 1;
      buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at: now });
      return allowed;
    },
  };
}
