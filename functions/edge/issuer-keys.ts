import type { JWK } from 'jose';
import * as z from 'zod';
import { keyId } from '../domain/access/public-keys.ts';

/** Keys that are held are read again after an hour, so that a key which was withdrawn goes. */
const refreshAfterMilliseconds = 3_600_000;

/** While the provider cannot be reached, its keys count for a day. */
const keepForMilliseconds = 24 * 3_600_000;

/** However many unknown key ids arrive, a provider is asked once a minute. */
const askEveryMilliseconds = 60_000;

const answerWithinMilliseconds = 2_000;
const longestKeySet = 100_000;

const keySetSchema = z.object({ keys: z.array(z.unknown()).max(100) });
/** Of a provider's keys those that can verify a signature; the others (encryption, symmetric) are left out. */
const keySchema = z.looseObject({
  kid: keyId,
  kty: z.enum(['EC', 'RSA']),
  use: z.literal('sig').optional(),
});

interface Held {
  keys: ReadonlyMap<string, JWK>;
  readAt: number;
  askedAt: number;
  asking: Promise<void> | undefined;
}

/** The public keys of other issuers, held for each execution environment. */
export interface IssuerKeys {
  /** The key of an issuer by its id; undefined when there is none, or when the issuer cannot be asked. */
  find(jwksUri: string, kid: string): Promise<JWK | undefined>;
}

/** Makes an empty cache of issuers' keys. Only the addresses given to `find` are ever asked; `now` in epoch milliseconds. */
export function issuerKeys(
  now: () => number = Date.now,
  request: typeof fetch = (...given) => fetch(...given),
): IssuerKeys {
  const issuers = new Map<string, Held>();

  async function ask(jwksUri: string, held: Held): Promise<void> {
    held.askedAt = now();
    const keys = await readKeySet(jwksUri, request);
    if (!keys) return;
    held.keys = keys;
    held.readAt = now();
  }

  return {
    async find(jwksUri, kid) {
      const held: Held = issuers.get(jwksUri) ?? {
        keys: new Map(),
        readAt: Number.NEGATIVE_INFINITY,
        askedAt: Number.NEGATIVE_INFINITY,
        asking: undefined,
      };
      issuers.set(jwksUri, held);
      const lookUp = () => (now() - held.readAt < keepForMilliseconds ? held.keys.get(kid) : undefined);
      const isFresh = now() - held.readAt < refreshAfterMilliseconds;
      if (isFresh && held.keys.has(kid)) return held.keys.get(kid);
      if (!held.asking && now() - held.askedAt >= askEveryMilliseconds)
        held.asking = ask(jwksUri, held).finally(() => {
          held.asking = undefined;
        });
      await held.asking;
      return lookUp();
    },
  };
}

/** Reads a key set; undefined when there is none to be had: a provider that is away is no defect of ours. */
async function readKeySet(
  jwksUri: string,
  request: typeof fetch,
): Promise<ReadonlyMap<string, JWK> | undefined> {
  try {
    const response = await request(jwksUri, {
      headers: { Accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithinMilliseconds),
    });
    if (!response.ok) return undefined;
    const text = await readUpTo(response, longestKeySet);
    const { keys } = keySetSchema.parse(JSON.parse(text));
    const usable = keys.flatMap((key) => keySchema.safeParse(key).data ?? []);
    return new Map(usable.map((key) => [key.kid, key as JWK]));
  } catch {
    return undefined;
  }
}

async function readUpTo(response: Response, limit: number): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > limit) throw new Error('the key set is too large');
  }
  return text;
}
