import * as z from 'zod';

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

/**
 * Names a key in its set; nothing is ever looked up by it but that set. A thumbprint (RFC 7638), which many are, may begin with
 * any letter of base64url: one in thirty-two with `-` or `_`.
 */
export const keyId = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._:=-]{0,127}$/);

const common = { kid: keyId, use: z.literal('sig').exactOptional() };

/** A public signing key: EC P-384 (ES384) or RSA from 2,048 bits (RS512). Strict, so that a private key is refused. */
const publicKeySchema = z.discriminatedUnion('kty', [
  z.strictObject({
    ...common,
    kty: z.literal('EC'),
    crv: z.literal('P-384'),
    alg: z.literal('ES384').exactOptional(),
    x: base64url.length(64),
    y: base64url.length(64),
  }),
  z.strictObject({
    ...common,
    kty: z.literal('RSA'),
    alg: z.literal('RS512').exactOptional(),
    n: base64url.min(342).max(1024),
    e: base64url.max(8),
  }),
]);

/** The public keys of one client (a JSON Web Key Set): two at a time are enough to change one for the other. */
export const publicKeySetSchema = z
  .strictObject({ keys: z.array(publicKeySchema).min(1).max(4) })
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'a kid is used twice');

/** See {@link publicKeySetSchema}. */
export type PublicKeySet = z.infer<typeof publicKeySetSchema>;

/** What makes a key that key: the same for two entries of one key, whatever they are called. */
export function keyMaterial(key: PublicKeySet['keys'][number]): string {
  return key.kty === 'EC' ? key.x : key.n;
}
