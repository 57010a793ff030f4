import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { callerSchema } from '../../../functions/domain/access/caller.ts';
import { decideOperation } from '../../../functions/domain/access/decide-access.ts';
import { loadRegions } from '../../../lib/config/load-regions.ts';
import { callerOf, feedOf } from '../../../local/demo/callers.ts';
import { issueToken } from '../../../local/demo/issue-token.ts';
import {
  keysFileName,
  openSigningKey,
  publicKeySet,
  readSigningKey,
} from '../../../local/demo/token-keys.ts';
import { userTable } from '../../../local/demo/user-table.ts';
import { demoUsers, usersOf } from '../../../local/demo/users.ts';

const regions = await loadRegions();
const policyOf = (name: string) => {
  const policy = regions.get(name)?.policy;
  if (!policy) throw new Error(`no region ${name}`);
  return policy;
};
const london = policyOf('london');

describe('demo users', () => {
  test('London has all of them, each where the contract says', () => {
    const places = Object.fromEntries(
      usersOf(london).map(({ demoUser, organisation }) => [demoUser.user, organisation]),
    );
    expect(places).toEqual({
      clinician: 'T9A',
      gp: 'Y90001',
      paramedic: 'T9X',
      'care-home': 'VT9C1',
      clerk: 'T9A',
      neighbour: 'T9H',
      steward: 'T9A',
      'privacy-officer': 'T9A',
      feed: 'T9A',
      stranger: 'T9Z',
    });
  });

  test("a region without a care home has no care-home user, and its neighbour is the other region's trust", () => {
    const herts = policyOf('hertfordshire-west-essex');
    const places = new Map(usersOf(herts).map(({ demoUser, organisation }) => [demoUser.user, organisation]));
    expect(places.get('clinician')).toBe('T9H');
    expect(places.get('neighbour')).toBe('T9A');
    expect(places.has('care-home')).toBe(false);
    expect(callerOf(herts, 'care-home', 'id')).toMatchObject({ ok: false });
  });

  test('every user is a caller that the region reads', () => {
    for (const { user } of demoUsers) {
      const found = callerOf(london, user, 'id');
      expect(found.ok && callerSchema.safeParse(found.caller).success).toBe(true);
    }
    expect(callerSchema.safeParse(feedOf('T9B', 'id')).success).toBe(true);
  });

  test('the stranger is refused for want of an agreement, the clinician is not', () => {
    const decide = (user: string) => {
      const found = callerOf(london, user, 'id');
      return found.ok ? decideOperation(london, found.caller, 'patient.match') : undefined;
    };
    expect(decide('stranger')).toEqual({ allowed: false, code: 'NO_AGREEMENT' });
    expect(decide('clinician')).toEqual({ allowed: true });
  });

  test('an unknown user is answered with the known ones', () => {
    expect(callerOf(london, 'nobody', 'id')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('clinician, gp, paramedic'),
    });
  });

  test('the table says of each user what the role may do', () => {
    const table = userTable(london);
    expect(table).toHaveLength(demoUsers.length + 1);
    expect(table.find(([user]) => user === 'clerk')?.at(-1)).toContain('read demographics');
    expect(table.find(([user]) => user === 'feed')?.at(-1)).toContain('send records');
  });
});

describe('tokens', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'towpath-keys-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  test('the key is made once, readable by its owner alone, and its private part is not in the public set', async () => {
    const [made, again] = await Promise.all([openSigningKey(dataDir), openSigningKey(dataDir)]);
    expect(again).toEqual(made);
    expect(await openSigningKey(dataDir)).toEqual(made);
    const { mode } = await stat(path.join(dataDir, keysFileName));
    expect(mode & 0o777).toBe(0o600);
    expect(JSON.stringify(publicKeySet(made))).not.toContain(made.d);
  });

  test('a damaged key file is named, not overwritten', async () => {
    await writeFile(path.join(dataDir, keysFileName), '{"signingKey":');
    await expect(readSigningKey(dataDir)).rejects.toThrow(keysFileName);
    await expect(openSigningKey(dataDir)).rejects.toThrow('is damaged');
  });

  test('a token carries what the region checks', async () => {
    const signingKey = await openSigningKey(dataDir);
    const now = Date.UTC(2026, 5, 1);
    const found = callerOf(london, 'clinician', 'token-1');
    if (!found.ok) throw new Error(found.reason);
    const token = await issueToken(signingKey, london, found.caller, now);
    const keys = createLocalJWKSet(publicKeySet(signingKey));
    const { payload } = await jwtVerify(token, keys, {
      issuer: london.tokenIssuer,
      audience: london.tokenAudience,
      typ: 'at+jwt',
      algorithms: ['ES384'],
      currentDate: new Date(now),
    });
    expect(payload).toMatchObject({
      role: 'clinician',
      organisation: 'T9A',
      purpose: 'directcare',
      jti: 'token-1',
      exp: now / 1000 + 3600,
    });
  });
});
