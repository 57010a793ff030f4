import { decodeProtectedHeader } from 'jose';
import * as z from 'zod';
import { keyId } from '../domain/access/public-keys.ts';

/**
 * The header fields that a token may have. Strict: a header that brings its own key or says where to fetch one (`jwk`, `jku`,
 * `x5c`, `x5u`), or asks for an extension (`crit`), is refused unread. `kid` is a plain name, never a path or a URL.
 */
const headerSchema = z.strictObject({
  alg: z.string().max(16),
  kid: keyId,
  typ: z.string().max(64).optional(),
  x5t: z.string().max(64).optional(),
});

/** The longest token that is looked at, in characters. */
export const longestToken = 8_192;

/** The header of a token that is still unverified; undefined for one that no honest issuer writes. */
export function readTokenHeader(token: string): z.infer<typeof headerSchema> | undefined {
  if (token.length > longestToken) return undefined;
  try {
    return headerSchema.safeParse(decodeProtectedHeader(token)).data;
  } catch {
    return undefined;
  }
}
