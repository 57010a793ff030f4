import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import fc from 'fast-check';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { forge, seconds } from '../../support/assertions.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { policy } from '../../support/policy.ts';

let region: TestRegion;
let handler: typeof import('../../../functions/edge/authoriser.ts').handler;
let stranger: CryptoKey;
let cis2: CryptoKey;
let cis2Keys: object;
beforeAll(async () => {
  region = await openTestRegion();
  ({ handler } = await import('../../../functions/edge/authoriser.ts'));
  stranger = (await generateKeyPair('ES384')).privateKey;
  const pair = await generateKeyPair('RS256', { extractable: true });
  cis2 = pair.privateKey;
  cis2Keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'cis2-1', use: 'sig' }] };
});
afterAll(() => region?.close());
afterEach(() => {
  vi.restoreAllMocks();
});

const authorise = (token: string) =>
  handler({
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:eu-west-2:000000000000:api1/live/GET/FHIR/R4/Patient/p',
    headers: { Authorization: `Bearer ${token}` },
  } as unknown as APIGatewayRequestAuthorizerEvent);

const claims = (changes: Record<string, unknown> = {}) => ({
  iss: policy.tokenIssuer,
  aud: policy.tokenAudience,
  sub: 'user-1',
  jti: 'token-1',
  iat: seconds(),
  exp: seconds() + 300,
  name: 'Ada Quay',
  role: 'clinician',
  organisation: 'T9A',
  purpose: 'directcare',
  ...changes,
});

const sign = (key: CryptoKey | Uint8Array, payload: object, header: Record<string, unknown>) =>
  new SignJWT({ ...payload }).setProtectedHeader(header as { alg: string }).sign(key);

const publicJwk = () => JSON.parse(process.env.TOKEN_JWKS ?? '').keys[0];

const attacks: Readonly<Record<string, () => Promise<string> | string>> = {
  'alg none': () => forge({ alg: 'none', typ: 'at+jwt', kid: 'test' }, claims(), 'e30'),
  'HS256 signed with the public key': () =>
    sign(Buffer.from(JSON.stringify(publicJwk())), claims(), { alg: 'HS256', typ: 'at+jwt', kid: 'test' }),
  'a stranger’s key under a known kid': () =>
    sign(stranger, claims(), { alg: 'ES384', typ: 'at+jwt', kid: 'test' }),
  'a kid that is a path': () => region.signToken({}, { kid: '../../dev/null' }),
  'a kid that is SQL': () => region.signToken({}, { kid: "test' OR 1=1 --" }),
  'a kid that is a URL': () => region.signToken({}, { kid: 'https://evil.example/key' }),
  'a very long kid': () => region.signToken({}, { kid: 'test'.repeat(1000) }),
  'a kid that nobody has': () => region.signToken({}, { kid: 'test2' }),
  'its own key in the header (jwk)': () => region.signToken({}, { jwk: publicJwk() }),
  'an address of keys in the header (jku)': () => region.signToken({}, { jku: 'https://evil.example/k' }),
  'an address of a certificate in the header (x5u)': () =>
    region.signToken({}, { x5u: 'https://evil.example/c' }),
  'an ID token: typ JWT': () => region.signToken({}, { typ: 'JWT' }),
  'an ID token: the client as audience': () => region.signToken({ aud: 'epr' }),
  'another API’s audience': () => region.signToken({ aud: 'https://other.towpath.example/FHIR/R4' }),
  'the token endpoint’s audience': () => region.signToken({ aud: `${policy.tokenAudience}/oauth2/token` }),
  'another issuer': () => region.signToken({ iss: 'https://identity.elsewhere.towpath.example' }),
  'no issuer': () => region.signToken({ iss: undefined }),
  'a token that has expired': () => region.signToken({ exp: seconds() - 61 }),
  'a token that never ends: no exp': () => region.signToken({ exp: null }),
  'nbf in the future': () => region.signToken({ nbf: seconds() + 120 }),
  'iat in the future': () => region.signToken({ iat: seconds() + 120 }),
  'iat thirteen hours ago': () => region.signToken({ iat: seconds() - 13 * 3600 }),
  'no jti': () => region.signToken({ jti: undefined }),
  'no sub': () => region.signToken({ sub: undefined }),
  'a role that there is not': () => region.signToken({ role: 'constructor' }),
  'an organisation that is no ODS code': () => region.signToken({ organisation: 'T9A#T9B' }),
  'a signature of zeros': () =>
    forge({ alg: 'ES384', typ: 'at+jwt', kid: 'test' }, claims(), Buffer.alloc(96).toString('base64url')),
};

describe('an access token is refused, and nothing is fetched', () => {
  it.each(Object.entries(attacks))('%s', async (_, make) => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const token = await make();
    await expect(authorise(token)).rejects.toThrow(/^Unauthorized$/);
    expect(fetched).not.toHaveBeenCalled();
  });

  it('when any one character of it is another', async () => {
    const token = await region.signToken();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: token.length - 1 }),
        fc.constantFrom(...alphabet),
        async (position, character) => {
          fc.pre(token[position] !== character);
          const changed = token.slice(0, position) + character + token.slice(position + 1);
          await expect(authorise(changed)).rejects.toThrow(/^Unauthorized$/);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('when its signature is cut, repeated, or in DER', async () => {
    const [header, payload, signature = ''] = (await region.signToken()).split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const number = (digits: Buffer) => Buffer.concat([Buffer.from([2, digits.length + 1, 0]), digits]);
    const numbers = Buffer.concat([number(bytes.subarray(0, 48)), number(bytes.subarray(48))]);
    const der = Buffer.concat([Buffer.from([0x30, numbers.length]), numbers]);
    for (const changed of [
      bytes.subarray(0, 95),
      bytes.subarray(0, 48),
      Buffer.concat([bytes, bytes]),
      der,
    ]) {
      const token = `${header}.${payload}.${changed.toString('base64url')}`;
      await expect(authorise(token)).rejects.toThrow(/^Unauthorized$/);
    }
  });

  it('but for these faults it is good', async () => {
    expect((await authorise(await region.signToken())).principalId).toBe('user-1');
  });
});

const cis2Claims = (changes: Record<string, unknown> = {}) => ({
  iss: 'https://cis2.test.towpath.example/oidc',
  aud: policy.tokenAudience,
  sub: '555000000001',
  jti: 'cis2-token-1',
  sid: 'cis2-session-1',
  iat: seconds(),
  exp: seconds() + 300,
  name: 'Amara Okafor',
  nhsid_useruid: '555000000001',
  selected_roleid: '555000000002',
  nhsid_nrbac_roles: [
    { person_roleid: '555000000002', org_code: 'T9A', role_code: 'S8000:G8000:R8000', role_name: 'Doctor' },
    { person_roleid: '555000000003', org_code: 'T9B', role_code: 'S8000:G8001:R8008', role_name: 'Clerk' },
  ],
  ...changes,
});
const cis2Header = { alg: 'RS256', typ: 'at+jwt', kid: 'cis2-1' };

describe('a token of an NHS CIS2-shaped provider that the region trusts', () => {
  const answerWithKeys = () =>
    vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => new Response(JSON.stringify(cis2Keys), { status: 200 }));

  it('names the user in the role and the organisation that they selected, with the session', async () => {
    const fetched = answerWithKeys();
    expect((await authorise(await sign(cis2, cis2Claims(), cis2Header))).context).toEqual({
      subject: '555000000001',
      name: 'Amara Okafor',
      role: 'clinician',
      organisation: 'T9A',
      purpose: 'directcare',
      tokenId: 'cis2-token-1',
      session: 'cis2-session-1',
    });
    const other = await sign(cis2, cis2Claims({ selected_roleid: '555000000003' }), cis2Header);
    expect((await authorise(other)).context).toMatchObject({ role: 'clerk', organisation: 'T9B' });
    expect(fetched.mock.calls.map(([url]) => url)).toEqual(['https://cis2.test.towpath.example/oidc/keys']);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['its ID token', {}, { typ: 'JWT' }],
    ['one for another API', { aud: 'https://other.towpath.example' }, {}],
    ['one without a selected role', { selected_roleid: undefined }, {}],
    ['one whose selected role is not the user’s', { selected_roleid: '555000000009' }, {}],
    [
      'one whose role opens nothing here',
      { nhsid_nrbac_roles: [{ person_roleid: '555000000002', org_code: 'T9A', role_code: 'S0:G0:R9999' }] },
      {},
    ],
    ['one with the region’s own claims instead', { nhsid_nrbac_roles: undefined, role: 'steward' }, {}],
    ['one that has expired', { iat: seconds() - 300, exp: seconds() - 61 }, {}],
  ])('%s is refused', async (_, changes, header) => {
    answerWithKeys();
    const token = await sign(cis2, cis2Claims(changes), { ...cis2Header, ...header });
    await expect(authorise(token)).rejects.toThrow(/^Unauthorized$/);
  });

  it('is refused in the region’s own name, and the region’s in the provider’s', async () => {
    answerWithKeys();
    const asRegion = await sign(cis2, claims(), cis2Header);
    await expect(authorise(asRegion)).rejects.toThrow(/^Unauthorized$/);
    const asProvider = await region.signToken(cis2Claims());
    await expect(authorise(asProvider)).rejects.toThrow(/^Unauthorized$/);
  });

  it('is refused under an algorithm that the config does not name', async () => {
    answerWithKeys();
    const token = await sign(stranger, cis2Claims(), { ...cis2Header, alg: 'ES384' });
    await expect(authorise(token)).rejects.toThrow(/^Unauthorized$/);
  });
});
