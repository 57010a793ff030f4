import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';
import { tokenEndpointOf } from '../../functions/domain/access/region-policy.ts';
import { policy } from './policy.ts';

/** The keys of the registered test clients: `epr` has one of each kind, `feeder` one. */
export interface ClientKeys {
  readonly private: Readonly<Record<'epr-ec' | 'epr-rsa' | 'feeder-ec', CryptoKey>>;
  readonly public: Readonly<Record<string, JSONWebKeySet>>;
}

/** Makes the clients' keys. */
export async function makeClientKeys(): Promise<ClientKeys> {
  const [eprEc, eprRsa, feederEc] = await Promise.all([
    generateKeyPair('ES384', { extractable: true }),
    generateKeyPair('RS512', { extractable: true }),
    generateKeyPair('ES384', { extractable: true }),
  ]);
  return {
    private: {
      'epr-ec': eprEc.privateKey,
      'epr-rsa': eprRsa.privateKey,
      'feeder-ec': feederEc.privateKey,
    },
    public: {
      epr: {
        keys: [
          { ...(await exportJWK(eprEc.publicKey)), kid: 'epr-ec', alg: 'ES384' },
          { ...(await exportJWK(eprRsa.publicKey)), kid: 'epr-rsa', alg: 'RS512' },
        ],
      },
      feeder: { keys: [{ ...(await exportJWK(feederEc.publicKey)), kid: 'feeder-ec' }] },
    },
  };
}

/** Now in epoch seconds. */
export const seconds = (): number => Math.floor(Date.now() / 1000);

/** The claims of a good assertion of `epr`, changed as told; a claim that is undefined is left out. */
export function assertionClaims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: 'epr',
    sub: 'epr',
    aud: tokenEndpointOf(policy),
    jti: crypto.randomUUID(),
    iat: seconds(),
    exp: seconds() + 300,
    ...changes,
  };
}

/** Signs an assertion; header changes as told, `undefined` leaving one out. */
export function signAssertionWith(
  key: CryptoKey | Uint8Array,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES384', typ: 'JWT', kid: 'epr-ec', ...header } as { alg: string })
    .sign(key);
}

/** A JWT of any header and payload under any signature. */
export function forge(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}
