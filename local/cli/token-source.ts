import { randomUUID } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { OpenedRegion } from './open-region.ts';

/** Tokens live for an hour: long work takes a new one before that. */
const tokenMilliseconds = 30 * 60_000;

/** Tokens of one caller, a new one when the last is about to end. */
export function tokenSource(region: OpenedRegion, caller: Caller, first: string): () => Promise<string> {
  let token = Promise.resolve(first);
  let issuedAt = Date.now();
  return () => {
    if (Date.now() - issuedAt > tokenMilliseconds) {
      issuedAt = Date.now();
      token = region.tokenFor({ ...caller, tokenId: randomUUID() });
    }
    return token;
  };
}
