import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  assertionClaims,
  type ClientKeys,
  forge,
  makeClientKeys,
  seconds,
  signAssertionWith,
} from '../../support/assertions.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { policy } from '../../support/policy.ts';

let region: TestRegion;
let keys: ClientKeys;
beforeAll(async () => {
  keys = await makeClientKeys();
  region = await openTestRegion({ clientKeys: keys.public });
});
afterAll(() => region?.close());

interface TokenBody {
  access_token?: string;
  token_type?: string;
  expires_in?: number;
  scope?: string;
  error?: string;
  error_description?: string;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

function ask(assertion: string, more: Record<string, string> = {}, headers: Record<string, string> = {}) {
  return send(
    form({
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: assertion,
      ...more,
    }),
    headers,
  );
}

function send(body: string, headers: Record<string, string> = {}) {
  return region.call<TokenBody>('issue-token', {
    authorization: null,
    body,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
  });
}

const epr = (changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  signAssertionWith(keys.private['epr-ec'], assertionClaims(changes), header);

const feeder = (changes: Record<string, unknown> = {}) =>
  signAssertionWith(
    keys.private['feeder-ec'],
    assertionClaims({ iss: 'feeder', sub: 'feeder', ...changes }),
    { kid: 'feeder-ec' },
  );

async function authorise(token: string | undefined) {
  const { handler } = await import('../../../functions/edge/authoriser.ts');
  return handler({
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:eu-west-2:000000000000:api1/live/GET/FHIR/R4/Patient/p',
    headers: { Authorization: `Bearer ${token}` },
  } as unknown as APIGatewayRequestAuthorizerEvent);
}

const lastEntry = async () => (await region.auditEntries()).at(-1);
const user = { id: 'dr-okafor', name: 'Dr Amara Okafor' };

describe('a token for a signed assertion', () => {
  it('is given to a registered system for ten minutes, and the authoriser takes it', async () => {
    const { body, headers, status } = await ask(await feeder());
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'feed' });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
    const { context } = await authorise(body.access_token);
    expect(context).toMatchObject({
      subject: 'feeder',
      name: 'Test engine',
      role: 'feed',
      organisation: 'T9B',
      purpose: 'feed',
      client: 'feeder',
    });
  });

  it('is signed by the published key, typed and claimed as RFC 9068 says', async () => {
    const { body } = await ask(await feeder());
    const published = await region.call<{ keys: { kid: string }[] }>('get-token-keys', {
      authorization: null,
    });
    expect(published.body.keys).toEqual([
      expect.objectContaining({ kty: 'EC', crv: 'P-384', alg: 'ES384', use: 'sig' }),
    ]);
    expect(published.text).not.toContain('"d"');
    expect(decodeProtectedHeader(body.access_token ?? '')).toEqual({
      alg: 'ES384',
      typ: 'at+jwt',
      kid: published.body.keys[0]?.kid,
    });
    const claims = decodeJwt(body.access_token ?? '');
    expect(claims).toMatchObject({
      iss: policy.tokenIssuer,
      aud: policy.tokenAudience,
      sub: 'feeder',
      client_id: 'feeder',
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(600);
  });

  it('names the user who sits before the client, behind the client’s own name, with the session', async () => {
    const { body } = await ask(await epr({ user, sid: 'session-1' }), { scope: 'clinician' });
    expect((await authorise(body.access_token)).context).toMatchObject({
      subject: 'epr/dr-okafor',
      name: 'Dr Amara Okafor',
      role: 'clinician',
      organisation: 'T9A',
      session: 'session-1',
    });
  });

  it('is given for RS512 too', async () => {
    const assertion = await signAssertionWith(keys.private['epr-rsa'], assertionClaims(), {
      alg: 'RS512',
      kid: 'epr-rsa',
    });
    expect((await ask(assertion, { scope: 'application' })).status).toBe(200);
  });

  it('is given once, also to many who ask at the same moment', async () => {
    const assertion = await feeder();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(assertion)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(7).fill(401)]);
  });

  it('is audited with the id of the token, and nothing secret is kept or logged', async () => {
    const assertion = await feeder({ jti: 'a-jti-that-nobody-may-read' });
    const { body } = await ask(assertion);
    const entry = await lastEntry();
    expect(entry).toMatchObject({
      operation: 'issue-token',
      outcome: 'success',
      caller: {
        subject: 'feeder',
        organisation: 'T9B',
        role: 'feed',
        tokenId: decodeJwt(body.access_token ?? '').jti,
      },
    });
    const kept =
      JSON.stringify(await region.auditEntries()) +
      JSON.stringify(await region.recordItems()) +
      region.logs();
    for (const secret of [assertion, body.access_token ?? '', 'a-jti-that-nobody-may-read'])
      expect(kept).not.toContain(secret.slice(-40));
  });

  it('leaves a mark that goes after the assertion has expired', async () => {
    await ask(await feeder());
    const marks = (await region.recordItems()).filter(({ type }) => type === 'ClientAssertion');
    expect(marks.length).toBeGreaterThan(0);
    for (const { expiresAt } of marks) expect(Number(expiresAt)).toBeGreaterThan(seconds() + 300);
  });
});

interface Attack {
  readonly name: string;
  readonly assertion: () => Promise<string> | string;
  readonly reason: string;
}

const kidTricks = {
  path: '../../../../dev/null',
  sql: "epr-ec' OR '1'='1",
  url: 'https://evil.example/jwks.json',
  'very long': 'k'.repeat(5_000),
  empty: '',
  'line break': 'epr-ec\nX: y',
};

const attacks: readonly Attack[] = [
  {
    name: 'alg none, without a signature',
    assertion: () => forge({ alg: 'none', typ: 'JWT', kid: 'epr-ec' }, assertionClaims()),
    reason: 'algorithm not taken',
  },
  {
    name: 'alg NONE, with somebody’s signature',
    assertion: async () =>
      forge(
        { alg: 'NONE', typ: 'JWT', kid: 'epr-ec' },
        assertionClaims(),
        (await epr()).split('.')[2] as string,
      ),
    reason: 'algorithm not taken',
  },
  {
    name: 'HS256 with the public key as the secret',
    assertion: () =>
      signAssertionWith(Buffer.from(JSON.stringify(keys.public.epr?.keys[0])), assertionClaims(), {
        alg: 'HS256',
      }),
    reason: 'algorithm not taken',
  },
  ...Object.entries(kidTricks).map(([trick, kid]) => ({
    name: `a kid that is a trick: ${trick}`,
    assertion: () => epr({}, { kid }),
    reason: 'header malformed or with a key of its own',
  })),
  // It may be a name, as a thumbprint may begin so, and it is nobody's.
  {
    name: 'a kid that is a trick: prototype',
    assertion: () => epr({}, { kid: '__proto__' }),
    reason: 'unknown key',
  },
  {
    name: 'no kid',
    assertion: () => epr({}, { kid: undefined }),
    reason: 'header malformed or with a key of its own',
  },
  { name: 'a kid that is not registered', assertion: () => epr({}, { kid: 'other' }), reason: 'unknown key' },
  {
    name: 'a key of its own in the header (jwk)',
    assertion: () => epr({}, { jwk: keys.public.feeder?.keys[0] }),
    reason: 'header malformed or with a key of its own',
  },
  ...['jku', 'x5u'].map((field) => ({
    name: `an address of keys in the header (${field})`,
    assertion: () => epr({}, { [field]: 'https://evil.example/jwks.json' }),
    reason: 'header malformed or with a key of its own',
  })),
  {
    name: 'a certificate in the header (x5c)',
    assertion: () => epr({}, { x5c: ['MIIB'] }),
    reason: 'header malformed or with a key of its own',
  },
  {
    name: 'another client’s key under this client’s kid',
    assertion: () => signAssertionWith(keys.private['feeder-ec'], assertionClaims()),
    reason: 'signature not by this key',
  },
  {
    name: 'a client’s own key used for another client',
    assertion: () => signAssertionWith(keys.private['feeder-ec'], assertionClaims(), { kid: 'feeder-ec' }),
    reason: 'unknown key',
  },
  {
    name: 'the name of another client as subject',
    assertion: () => epr({ sub: 'feeder' }),
    reason: 'subject is not the client',
  },
  {
    name: 'ES384 with the RSA key’s kid',
    assertion: () => epr({}, { kid: 'epr-rsa' }),
    reason: 'malformed',
  },
  {
    name: 'an unknown client',
    assertion: () => epr({ iss: 'nobody', sub: 'nobody' }),
    reason: 'unknown client',
  },
  { name: 'no issuer', assertion: () => epr({ iss: undefined }), reason: 'unknown client' },
  { name: 'an issuer that is an object', assertion: () => epr({ iss: { a: 1 } }), reason: 'unknown client' },
  {
    name: 'a client whose keys nobody gave',
    assertion: () => epr({ iss: 'keyless', sub: 'keyless' }),
    reason: 'unknown key',
  },
  {
    name: 'the audience of another server',
    assertion: () => epr({ aud: 'https://other.towpath.example/FHIR/R4/oauth2/token' }),
    reason: 'audience of another server',
  },
  {
    name: 'the audience of the API in place of its token endpoint',
    assertion: () => epr({ aud: policy.tokenAudience }),
    reason: 'audience of another server',
  },
  {
    name: 'the audience with a slash behind it',
    assertion: () => epr({ aud: `${policy.tokenAudience}/oauth2/token/` }),
    reason: 'audience of another server',
  },
  {
    name: 'two audiences, of which one is right',
    assertion: () => epr({ aud: [`${policy.tokenAudience}/oauth2/token`, 'https://evil.example/token'] }),
    reason: 'claims malformed',
  },
  {
    name: 'nbf in the future',
    assertion: () => epr({ nbf: seconds() + 120 }),
    reason: 'not yet valid',
  },
  {
    name: 'an assertion that has expired',
    assertion: () => epr({ iat: seconds() - 290, exp: seconds() - 61 }),
    reason: 'expired',
  },
  { name: 'an assertion without exp', assertion: () => epr({ exp: undefined }), reason: 'no expiry' },
  {
    name: 'iat in the future',
    assertion: () => epr({ iat: seconds() + 120, exp: seconds() + 240 }),
    reason: 'issued at an impossible moment',
  },
  {
    name: 'an assertion without iat',
    assertion: () => epr({ iat: undefined }),
    reason: 'issued at an impossible moment',
  },
  {
    name: 'iat long ago',
    assertion: () => epr({ iat: seconds() - 400, exp: seconds() + 10 }),
    reason: 'expired',
  },
  {
    name: 'a life of five minutes and one second',
    assertion: () => epr({ exp: seconds() + 302 }),
    reason: 'life longer than five minutes',
  },
  {
    name: 'a life of a year',
    assertion: () => epr({ exp: seconds() + 31_536_000 }),
    reason: 'life longer than five minutes',
  },
  { name: 'an assertion without jti', assertion: () => epr({ jti: undefined }), reason: 'claims malformed' },
  {
    name: 'a jti of 129 characters',
    assertion: () => epr({ jti: 'j'.repeat(129) }),
    reason: 'claims malformed',
  },
  {
    name: 'an ID token of the client’s key as assertion',
    assertion: () => epr({}, { typ: 'id_token+jwt' }),
    reason: 'not a client assertion',
  },
  {
    name: 'an access token in place of an assertion',
    assertion: () => epr({}, { typ: 'at+jwt' }),
    reason: 'not a client assertion',
  },
  {
    name: 'a critical extension',
    assertion: async () =>
      forge(
        { alg: 'ES384', typ: 'JWT', kid: 'epr-ec', crit: ['x'], x: 1 },
        assertionClaims(),
        (await epr()).split('.')[2] as string,
      ),
    reason: 'header malformed or with a key of its own',
  },
  {
    name: 'a payload changed after it was signed',
    assertion: async () => {
      const [header, , signature] = (await epr()).split('.');
      const changed = Buffer.from(JSON.stringify(assertionClaims({ user }))).toString('base64url');
      return `${header}.${changed}.${signature}`;
    },
    reason: 'signature not by this key',
  },
  {
    name: 'a signature of zeros (psychic signature)',
    assertion: () =>
      forge(
        { alg: 'ES384', typ: 'JWT', kid: 'epr-ec' },
        assertionClaims(),
        Buffer.alloc(96).toString('base64url'),
      ),
    reason: 'signature not by this key',
  },
  {
    name: 'text that is no token',
    assertion: () => 'a.b.c',
    reason: 'header malformed or with a key of its own',
  },
  {
    name: 'a token of 20,000 characters',
    assertion: () => epr({ padding: 'p'.repeat(10_000) }),
    reason: 'header malformed or with a key of its own',
  },
  {
    name: 'a user with a role of their own',
    assertion: () => epr({ user: { ...user, role: 'steward' } }),
    reason: 'claims malformed',
  },
  {
    name: 'a user whose id would reach into another client’s users',
    assertion: () => epr({ user: { id: 'a/b', name: 'A' } }),
    reason: 'claims malformed',
  },
];

describe('an assertion is refused: invalid_client, 401, audited with its reason', () => {
  it.each(attacks)('$name', async ({ assertion, reason }) => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const before = (await region.auditEntries()).length;
    const { body, headers, status } = await ask(await assertion(), { scope: 'application' });
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(headers['cache-control']).toBe('no-store');
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
    const entries = await region.auditEntries();
    expect(entries).toHaveLength(before + 1);
    expect(entries.at(-1)).toMatchObject({ operation: 'issue-token', outcome: 'refused', reason });
    expect(entries.at(-1)?.bodyDigest).toBeUndefined();
  });

  it('a jti that was used before; the first token stays good', async () => {
    const assertion = await feeder();
    const first = await ask(assertion);
    const second = await ask(assertion);
    expect([first.status, second.status, second.body.error]).toEqual([200, 401, 'invalid_client']);
    expect(await lastEntry()).toMatchObject({ outcome: 'refused', reason: 'assertion used before' });
    expect((await authorise(first.body.access_token)).principalId).toBe('feeder');
  });

  it('a used jti in a new assertion, and the same jti of another client is its own', async () => {
    const jti = crypto.randomUUID();
    expect((await ask(await feeder({ jti }))).status).toBe(200);
    expect((await ask(await feeder({ jti, exp: seconds() + 200 }))).status).toBe(401);
    expect((await ask(await epr({ jti }), { scope: 'application' })).status).toBe(200);
  });

  it('with the same words, whatever was wrong: nobody learns how far they came', async () => {
    const answers = await Promise.all([
      ask(await epr({ iss: 'nobody', sub: 'nobody' })),
      ask(await epr({}, { kid: 'other' })),
      ask(await signAssertionWith(keys.private['feeder-ec'], assertionClaims())),
      ask(await epr({ aud: 'https://other.example' })),
    ]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it('without writing down who an unknown system said it was', async () => {
    await ask(await epr({ iss: '9990000018 Marian Lockwood', sub: 'x' }));
    expect(JSON.stringify(await lastEntry())).not.toContain('Marian');
    expect(await lastEntry()).toMatchObject({ caller: { subject: 'unknown', organisation: 'UNKNOWN' } });
  });

  it('and a refused one does not use its jti up', async () => {
    const jti = crypto.randomUUID();
    expect((await ask(await epr({ jti }), { scope: 'steward' })).status).toBe(400);
    expect((await ask(await epr({ jti }), { scope: 'application' })).status).toBe(200);
  });
});

describe('a token request that is not one is answered in OAuth’s words', () => {
  const good = async () => ({
    grant_type: 'client_credentials',
    client_assertion_type: assertionType,
    client_assertion: await feeder(),
  });

  it.each([
    ['no grant type', 'invalid_request', { grant_type: '' }],
    ['another grant type', 'unsupported_grant_type', { grant_type: 'password' }],
    ['no assertion', 'invalid_request', { client_assertion: '' }],
    ['another assertion type', 'invalid_request', { client_assertion_type: 'urn:other' }],
    ['a secret besides', 'invalid_request', { client_secret: 'swordfish' }],
    ['a scope that the client may not have', 'invalid_scope', { scope: 'clinician' }],
    ['two scopes', 'invalid_scope', { scope: 'feed application' }],
    ['a scope from the prototype', 'invalid_scope', { scope: 'constructor' }],
  ])('%s: %s', async (_, error, changes) => {
    const { body, headers, status } = await send(form({ ...(await good()), ...changes }));
    expect([status, body.error]).toEqual([400, error]);
    expect(body).not.toHaveProperty('resourceType');
    expect(headers['content-type']).toBe('application/json');
    expect(await lastEntry()).toMatchObject({ operation: 'issue-token', outcome: 'refused' });
  });

  it('a repeated parameter: invalid_request', async () => {
    const { body, status } = await send(`${form(await good())}&grant_type=client_credentials`);
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  it('JSON in place of a form: invalid_request', async () => {
    const { body, status } = await send(JSON.stringify(await good()), { 'Content-Type': 'application/json' });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  it('an Authorization header besides: invalid_request', async () => {
    const { body } = await send(form(await good()), { Authorization: 'Basic ZmVlZGVyOng=' });
    expect(body.error).toBe('invalid_request');
  });

  it('the client_id of another client: invalid_client', async () => {
    const { body, status } = await send(form({ ...(await good()), client_id: 'epr' }));
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });

  it('a client of several roles without a scope: invalid_scope', async () => {
    expect((await ask(await epr())).body.error).toBe('invalid_scope');
  });

  it('a role in which a person looks without a user, and a user with a system’s role: invalid_scope', async () => {
    expect((await ask(await epr(), { scope: 'clinician' })).body.error).toBe('invalid_scope');
    expect((await ask(await epr({ user }), { scope: 'application' })).body.error).toBe('invalid_scope');
  });

  it('any text at all: a refusal in OAuth’s shape, never a fault', async () => {
    const fields = fc.constantFrom(
      'grant_type',
      'client_assertion',
      'client_assertion_type',
      'scope',
      '%',
      '&',
    );
    const bodies = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(fc.tuple(fields, fc.string()), { maxLength: 6 })
        .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) =>
        form({
          grant_type: 'client_credentials',
          client_assertion_type: assertionType,
          client_assertion: text,
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const answer = await send(body);
        expect([400, 401]).toContain(answer.status);
        expect(answer.body.error).toMatch(/^(invalid_|unsupported_)/);
      }),
      { numRuns: 150 },
    );
  });

  it('a form of 20,000 characters: invalid_request', async () => {
    const { body } = await send(form({ ...(await good()), padding: 'p'.repeat(20_000) }));
    expect(body.error).toBe('invalid_request');
  });

  it('parameters that OAuth does not know are passed over', async () => {
    expect((await send(form({ ...(await good()), resource: 'x' }))).status).toBe(200);
  });
});

describe('where tokens come from', () => {
  it('is said as SMART clients look for it, and in the CapabilityStatement', async () => {
    const { body } = await region.call<Record<string, unknown>>('get-smart-configuration', {
      authorization: null,
    });
    expect(body).toMatchObject({
      token_endpoint: 'https://record.test/FHIR/R4/oauth2/token',
      jwks_uri: 'https://record.test/FHIR/R4/oauth2/jwks',
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['RS512', 'ES384'],
      scopes_supported: ['application', 'clinician', 'feed'],
    });
    const statement = await region.call<object>('get-capability-statement', { authorization: null });
    expect(statement.text).toContain('"valueUri":"https://record.test/FHIR/R4/oauth2/token"');
  });
});
