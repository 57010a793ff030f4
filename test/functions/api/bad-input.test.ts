import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../../functions/api/routes.ts';
import { requestExamples } from '../../../functions/api/schemas.ts';
import { roles } from '../../../functions/domain/access/roles.ts';
import { errorCatalogue, errorSystem } from '../../../functions/domain/error-catalogue.ts';
import { openTestRegion, type TestRegion, type TestRequest } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from '../../support/people.ts';
import { message, msh, pid } from '../formats/hl7v2/support.ts';

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const feed = { role: 'feed', purpose: 'feed' } as const;
const patient = makePatient({ id: 'bad-1', family: 'Canary', nhsNumber: testNhsNumber(1) });
const withNumber = (value: string) => ({
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'resource',
      resource: {
        resourceType: 'Patient',
        identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }],
      },
    },
  ],
});
const bundleWith = (change: object) => makeBundle({ ...patient, ...change });

/** Each row: what is bad, the operation, the request, the catalogue's code. */
const rows: [string, string, TestRequest, string][] = [
  ['malformed JSON', 'submit-bundle', { caller: feed, body: '{"resourceType": "Bundle"' }, 'INVALID_REQUEST'],
  ['an empty body', 'submit-bundle', { caller: feed }, 'INVALID_REQUEST'],
  [
    'an unknown field of the Bundle',
    'submit-bundle',
    { caller: feed, body: { ...bundleWith({}), organisation: 'T9B' } },
    'INVALID_REQUEST',
  ],
  [
    'an unknown field of a Patient',
    'submit-bundle',
    { caller: feed, body: bundleWith({ favouriteColour: 'blue' }) },
    'INVALID_REQUEST',
  ],
  [
    'an unknown field of a clinical entry',
    'submit-bundle',
    { caller: feed, body: makeBundle(patient, { ...makeAllergy('x', 'bad-1'), owner: 'me' } as never) },
    'INVALID_REQUEST',
  ],
  [
    'an unknown parameter of $match',
    'match-patient',
    { body: { resourceType: 'Parameters', parameter: [{ name: 'wildcard', valueBoolean: true }] } },
    'INVALID_REQUEST',
  ],
  [
    'a wrong type',
    'submit-bundle',
    { caller: feed, body: bundleWith({ birthDate: 19710309 }) },
    'INVALID_REQUEST',
  ],
  [
    'a birth date that is no date',
    'submit-bundle',
    { caller: feed, body: bundleWith({ birthDate: '1971-02-30' }) },
    'INVALID_REQUEST',
  ],
  [
    '__proto__',
    'submit-bundle',
    {
      caller: feed,
      body: '{"resourceType":"Bundle","__proto__":{"role":"feed"},"type":"transaction","entry":[]}',
    },
    'INVALID_REQUEST',
  ],
  [
    '__proto__ deep inside',
    'match-patient',
    {
      body: '{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient","name":[{"__proto__":{"x":1}}]}}]}',
    },
    'INVALID_REQUEST',
  ],
  [
    'constructor.prototype',
    'match-patient',
    { body: '{"resourceType":"Parameters","constructor":{"prototype":{"x":1}},"parameter":[]}' },
    'INVALID_REQUEST',
  ],
  [
    '100,000-deep nesting',
    'submit-bundle',
    { caller: feed, body: '['.repeat(100_000) + ']'.repeat(100_000) },
    'INVALID_REQUEST',
  ],
  [
    'duplicate keys',
    'submit-bundle',
    { caller: feed, body: '{"resourceType":"Bundle","type":"transaction","type":"batch","entry":[]}' },
    'INVALID_REQUEST',
  ],
  [
    'a number that is not finite',
    'match-patient',
    { body: '{"resourceType":"Parameters","parameter":[{"name":"count","valueInteger":1e400}]}' },
    'INVALID_REQUEST',
  ],
  [
    'a search set as a feed',
    'submit-bundle',
    { caller: feed, body: { ...bundleWith({}), type: 'searchset' } },
    'INVALID_REQUEST',
  ],
  [
    'an entry whose patient is not held',
    'submit-bundle',
    { caller: feed, body: makeBundle(makeAllergy('y', 'nobody')) },
    'INVALID_REQUEST',
  ],
  [
    'more changes than a transaction takes',
    'submit-bundle',
    {
      caller: feed,
      body: makeBundle(patient, ...Array.from({ length: 60 }, (_, n) => makeAllergy(`z-${n}`, 'bad-1'))),
    },
    'TOO_LARGE',
  ],
  ['a bad check digit', 'match-patient', { body: withNumber('9990000000') }, 'INVALID_NHS_NUMBER'],
  ['full-width digits', 'match-patient', { body: withNumber('９９９０００００００') }, 'INVALID_NHS_NUMBER'],
  [
    'too few search fields',
    'match-patient',
    {
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'resource', resource: { resourceType: 'Patient', name: [{ family: 'Canary' }] } },
        ],
      },
    },
    'TOO_FEW_SEARCH_FIELDS',
  ],
  [
    'another media type',
    'match-patient',
    { body: withNumber(testNhsNumber(1)), headers: { 'Content-Type': 'text/xml' } },
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['an unknown section', 'read-section', { path: { id: 'p', code: 'secrets' } }, 'INVALID_REQUEST'],
  [
    'an unknown query parameter',
    'read-section',
    { path: { id: 'p', code: 'allergies' }, query: { _include: '*' } },
    'INVALID_REQUEST',
  ],
  ['an id that is no FHIR id', 'read-patient', { path: { id: '../../etc' } }, 'INVALID_REQUEST'],
  [
    'an X-Request-ID that is no UUID',
    'read-patient',
    { path: { id: 'p' }, headers: { 'X-Request-ID': 'a\r\nSet-Cookie: x' } },
    'INVALID_REQUEST',
  ],
  ['a wrong role', 'submit-bundle', { body: bundleWith({}) }, 'FORBIDDEN_ROLE'],
  [
    'an organisation without agreement',
    'match-patient',
    { caller: { organisation: 'T9Z' }, body: withNumber(testNhsNumber(1)) },
    'NO_AGREEMENT',
  ],
];

/** All but the list of what was refused. */
async function heldItems(): Promise<number> {
  const items = await region.recordItems();
  return items.filter(({ type }) => type !== 'SearchQuota' && !String(type).startsWith('Reject')).length;
}

describe('bad input', () => {
  it.each(rows)(
    '%s: the catalogue’s error, nothing stored, nothing leaked, audited',
    async (_, operation, request, code) => {
      const before = [await heldItems(), (await region.auditEntries()).length] as const;
      const started = performance.now();
      const answer = await region.call(operation, request);
      expect(performance.now() - started).toBeLessThan(5_000);
      const { status } = errorCatalogue[code as keyof typeof errorCatalogue];
      expect([answer.status, answer.code]).toEqual([status, code]);
      expect(answer.body).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'error', details: { coding: [{ system: errorSystem }] } }],
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      for (const leak of [
        'Canary',
        'blue',
        '19710309',
        testNhsNumber(1),
        'favouriteColour',
        'node_modules',
        'Error:',
        'etc',
      ])
        expect(answer.text).not.toContain(leak);
      expect(await heldItems()).toBe(before[0]);
      const entries = await region.auditEntries();
      expect(entries).toHaveLength(before[1] + 1);
      expect(entries.at(-1)).toMatchObject({ outcome: 'refused', errorCode: code, operation });
      expect(({} as Record<string, unknown>).x ?? ({} as Record<string, unknown>).role).toBeUndefined();
    },
  );

  it('refuses every role that a route does not list, and audits it', async () => {
    const coded: Readonly<Record<string, string>> = { code: 'allergies', type: 'Condition' };
    for (const { bodyTypes, operation, path, permission, requestSchema, query } of routes) {
      if (permission === 'open') continue;
      const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const required = query.filter((one) => one.required).map(({ name }) => name);
      for (const role of Object.keys(roles) as (keyof typeof roles)[]) {
        if ((roles[role].permissions as readonly string[]).includes(permission)) continue;
        const answer = await region.call(operation, {
          caller: { role },
          path: Object.fromEntries(
            parameters.map((name) => [name, coded[name] ?? '01ARZ3NDEKTSV4RRFFQ69G5FAV']),
          ),
          ...(requestSchema && { body: requestExamples[requestSchema] }),
          ...(bodyTypes &&
            !requestSchema && {
              body: message(msh(), pid()),
              headers: { 'Content-Type': bodyTypes[0] ?? '' },
            }),
          ...(required.length > 0 && { query: Object.fromEntries(required.map((name) => [name, 'p'])) }),
        });
        // HL7 v2 is answered by its acknowledgement, which has no code of ours.
        expect([operation, role, answer.status]).toEqual([operation, role, 403]);
        if (requestSchema || !bodyTypes)
          expect([operation, role, answer.code]).toEqual([operation, role, 'FORBIDDEN_ROLE']);
        expect((await region.auditEntries()).at(-1)).toMatchObject({
          errorCode: 'FORBIDDEN_ROLE',
          operation,
          caller: { role },
        });
      }
    }
  });
});

describe('a handler without authoriser context', () => {
  const ask = async (authorization: string | null) =>
    region.call('read-patient', { path: { id: 'p' }, authorization });
  const now = Math.floor(Date.now() / 1000);

  it('verifies the token itself', async () => {
    expect((await ask(`Bearer ${await region.signToken()}`)).code).toBe('NO_RELATIONSHIP');
  });

  it.each([
    ['no token', async () => null],
    ['no bearer token', async () => 'Basic dXNlcjpwYXNz'],
    [
      'another audience',
      async () => `Bearer ${await region.signToken({ aud: 'https://other.towpath.example/FHIR/R4' })}`,
    ],
    [
      'another issuer',
      async () => `Bearer ${await region.signToken({ iss: 'https://identity.evil.example' })}`,
    ],
    [
      'an expired token',
      async () => `Bearer ${await region.signToken({ iat: now - 7200, exp: now - 3600 })}`,
    ],
    [
      'a token of the future',
      async () => `Bearer ${await region.signToken({ iat: now + 3600, exp: now + 7200 })}`,
    ],
    [
      'a token older than 12 hours',
      async () => `Bearer ${await region.signToken({ iat: now - 13 * 3600, exp: now + 3600 })}`,
    ],
    ['an ID token', async () => `Bearer ${await region.signToken({}, { typ: 'JWT' })}`],
    ['an unknown role', async () => `Bearer ${await region.signToken({ role: 'admin' })}`],
    ['no jti', async () => `Bearer ${await region.signToken({ jti: undefined })}`],
    ['a changed signature', async () => `Bearer ${(await region.signToken()).slice(0, -4)}AAAA`],
    [
      'alg none',
      async () => {
        const [, payload] = (await region.signToken()).split('.');
        return `Bearer ${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.AAAA`;
      },
    ],
  ])('answers 401 to %s', async (_, header) => {
    const before = (await region.auditEntries()).length;
    const answer = await ask(await header());
    expect([answer.status, answer.code, answer.headers['www-authenticate']]).toEqual([
      401,
      'UNAUTHENTICATED',
      'Bearer',
    ]);
    expect((await region.auditEntries()).length).toBe(before);
  });

  it('answers 401 on every operation that is not open', async () => {
    for (const { operation, permission } of routes)
      if (permission !== 'open')
        expect([operation, (await region.call(operation, { authorization: null })).status]).toEqual([
          operation,
          401,
        ]);
  });
});
