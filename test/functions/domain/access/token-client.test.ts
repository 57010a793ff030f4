import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerSchema } from '../../../../functions/domain/access/caller.ts';
import { publicKeySetSchema } from '../../../../functions/domain/access/public-keys.ts';
import { regionPolicySchema } from '../../../../functions/domain/access/region-policy.ts';
import { isApplication, type Role, roles } from '../../../../functions/domain/access/roles.ts';
import {
  assertedUserSchema,
  callerOfClient,
  chooseGrant,
  tokenClientSchema,
} from '../../../../functions/domain/access/token-client.ts';
import { policy } from '../../../support/policy.ts';

const everyRole = Object.keys(roles) as Role[];

const clients = fc
  .record({
    id: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{2,63}$/),
    name: fc.string({ minLength: 1, maxLength: 128 }),
    organisation: fc.stringMatching(/^[A-Z0-9]{3,10}$/),
    grants: fc.uniqueArray(
      fc.record({ role: fc.constantFrom(...everyRole), purpose: fc.constantFrom('directcare', 'feed') }),
      { selector: ({ role }) => role, minLength: 1 },
    ),
  })
  .map((client) => tokenClientSchema.parse(client));
const users = fc.record({
  id: fc.stringMatching(/^[A-Za-z0-9._@-]{1,60}$/),
  name: fc.stringMatching(/^[A-Za-z' -]{1,128}$/),
});

describe('what a client may be', () => {
  it('is never more than it is registered for, and always a caller that the region knows', () => {
    fc.assert(
      fc.property(clients, fc.option(users, { nil: undefined }), fc.string(), (client, user, scope) => {
        const grant = chooseGrant(client, scope) ?? chooseGrant(client, client.grants[0]?.role);
        if (!grant) throw new Error('the first grant is always there');
        expect(client.grants).toContain(grant);
        const caller = callerOfClient(client, grant, user ? { user } : {}, 'token-1');
        expect(caller === undefined).toBe(isApplication(grant.role) !== (user === undefined));
        if (!caller) return;
        expect(callerSchema.safeParse(caller).error).toBeUndefined();
        expect([caller.role, caller.purpose]).toEqual([grant.role, grant.purpose]);
        expect(caller.organisation).toBe(client.organisation);
      }),
    );
  });

  it('no two clients can name one user', () => {
    fc.assert(
      fc.property(clients, clients, users, users, (first, second, user, other) => {
        fc.pre(first.id !== second.id);
        const grant = { role: 'clinician', purpose: 'directcare' } as const;
        const subjects = [
          callerOfClient(first, grant, { user }, 't')?.subject,
          callerOfClient(second, grant, { user: other }, 't')?.subject,
        ];
        expect(subjects[0]).not.toBe(subjects[1]);
      }),
    );
  });

  it.each([
    ['a slash in the id', { id: 'a/b', name: 'A' }],
    ['no name', { id: 'a', name: '' }],
    ['a line break in the name', { id: 'a', name: 'A\nB' }],
    ['a direction mark in the name', { id: 'a', name: 'A\u202eB' }],
    ['a field of their own', { id: 'a', name: 'A', role: 'steward' }],
  ])('a user with %s is none', (_, user) => {
    expect(assertedUserSchema.safeParse(user).success).toBe(false);
  });
});

describe('registered keys', () => {
  const ec = (namedCurve: string) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    return { private: privateKey.export({ format: 'jwk' }), public: publicKey.export({ format: 'jwk' }) };
  };
  const rsa = (modulusLength: number) =>
    generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
  const takes = (...keys: object[]) => publicKeySetSchema.safeParse({ keys }).success;

  it('are EC P-384 and RSA of 2,048 bits or more, each with a name', () => {
    expect(takes({ ...ec('P-384').public, kid: 'a' }, { ...rsa(2048), kid: 'b', alg: 'RS512' })).toBe(true);
  });

  it.each<[string, () => object[]]>([
    ['a private key', () => [{ ...ec('P-384').private, kid: 'a' }]],
    ['another curve', () => [{ ...ec('P-256').public, kid: 'a' }]],
    ['RSA of 1,024 bits', () => [{ ...rsa(1024), kid: 'a' }]],
    ['a symmetric key', () => [{ kty: 'oct', k: 'c2VjcmV0', kid: 'a' }]],
    ['another algorithm', () => [{ ...rsa(2048), kid: 'a', alg: 'RS256' }]],
    ['a key for encryption', () => [{ ...ec('P-384').public, kid: 'a', use: 'enc' }]],
    ['a key without a name', () => [ec('P-384').public]],
    ['a name that is a path', () => [{ ...ec('P-384').public, kid: '../a' }]],
    ['one name twice', () => [ec('P-384'), ec('P-384')].map((one) => ({ ...one.public, kid: 'a' }))],
    ['none', () => []],
  ])('are refused: %s', (_, make) => {
    expect(takes(...make())).toBe(false);
  });
});

describe('a region file', () => {
  const register = (changes: object) => regionPolicySchema.safeParse({ ...policy, ...changes }).success;
  const client = (id: string, more: object = {}) => ({
    id,
    name: id,
    organisation: 'T9A',
    grants: [{ role: 'feed', purpose: 'feed' }],
    ...more,
  });
  const issuer = policy.issuers[0];
  const key = { kty: 'EC', crv: 'P-384', kid: 'a', x: 'x'.repeat(64), y: 'y'.repeat(64) };

  it.each<[string, object]>([
    ['a client twice', { clients: [client('one'), client('one')] }],
    ['a client of an organisation that is not here', { clients: [client('one', { organisation: 'T9Z' })] }],
    [
      'one key for two clients, under another name',
      {
        clients: [
          client('one', { keys: { keys: [key] } }),
          client('two', { keys: { keys: [{ ...key, kid: 'b' }] } }),
        ],
      },
    ],
    ['a client without a role', { clients: [client('one', { grants: [] })] }],
    [
      'a role that there is not',
      { clients: [client('one', { grants: [{ role: 'king', purpose: 'feed' }] })] },
    ],
    ['an issuer twice', { issuers: [issuer, issuer] }],
    ['an issuer with the region’s own name', { issuers: [{ ...issuer, issuer: policy.tokenIssuer }] }],
    ['an issuer whose keys come in the clear', { issuers: [{ ...issuer, jwksUri: 'http://a.example/k' }] }],
    ['an issuer with a symmetric algorithm', { issuers: [{ ...issuer, algorithms: ['HS256'] }] }],
    ['an issuer with no algorithm', { issuers: [{ ...issuer, algorithms: ['none'] }] }],
  ])('is refused with %s', (_, changes) => {
    expect(register(changes)).toBe(false);
  });

  it('is taken with clients of its own organisations', () => {
    expect(register({ clients: [client('one', { keys: { keys: [key] } }), client('two')] })).toBe(true);
  });
});
