import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyId } from '../../../../functions/domain/access/public-keys.ts';

describe('the name of a key', () => {
  it('may be any thumbprint, whatever it begins with', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        expect(keyId.safeParse(Buffer.from(digest).toString('base64url')).success).toBe(true);
      }),
      {
        examples: [
          [Uint8Array.from({ length: 32 }, () => 0xff)],
          [Uint8Array.from({ length: 32 }, () => 0xfb)],
        ],
      },
    );
  });

  it.each(['../keys/1', '.hidden', '/etc/keys', 'https://evil.example/jwks', "1' OR '1'='1", 'a b', ''])(
    'is no path, address or query: %s',
    (text) => {
      expect(keyId.safeParse(text).success).toBe(false);
    },
  );
});
