import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertionClaims, makeClientKeys, signAssertionWith } from '../../support/assertions.ts';
import { type FaultKind, makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';

const faulty = makeFaultyEndpoint();
const awayBuckets = makeFaultyEndpoint();
let region: TestRegion;
let assertion: () => Promise<string>;
beforeAll(async () => {
  const keys = await makeClientKeys();
  region = await openTestRegion({
    clientKeys: keys.public,
    endpointInFrontOf: faulty.start,
    bucketsInFrontOf: awayBuckets.start,
  });
  assertion = () =>
    signAssertionWith(keys.private['feeder-ec'], assertionClaims({ iss: 'feeder', sub: 'feeder' }), {
      kid: 'feeder-ec',
    });
});
afterAll(async () => {
  await region?.close();
  await faulty.close();
  await awayBuckets.close();
});

async function ask(clientAssertion: string) {
  const { body, status, text } = await region.call<{ access_token?: string; error?: string }>('issue-token', {
    authorization: null,
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion,
    }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  return { body, status, text };
}

const granted = async () =>
  (await region.auditEntries()).filter(
    ({ operation, outcome }) => operation === 'issue-token' && outcome === 'success',
  ).length;

describe('a token request while the store fails', () => {
  it.each<FaultKind>(['throttled', 'failed-before-effect', 'reply-lost-after-effect'])(
    'gives no token without its audit entry: %s at each call, for once and for good',
    async (kind) => {
      for (const length of [1, 3, 50])
        for (let from = 1; from <= 4; from += 1) {
          const before = await granted();
          faulty.setPlan({ from, length, kind });
          // Where the audit table takes nothing, the second sink is the place; it is away too.
          awayBuckets.setPlan({ from: 1, length: 1_000, kind: 'failed-before-effect' });
          const { body, status, text } = await ask(await assertion());
          faulty.setPlan(undefined);
          awayBuckets.setPlan(undefined);
          if (status === 200) expect(await granted()).toBe(before + 1);
          else {
            expect([503, 500]).toContain(status);
            expect(body.error).toMatch(/^(temporarily_unavailable|server_error)$/);
            expect(text).not.toContain('access_token');
          }
        }
    },
    60_000,
  );

  it('takes its own mark for its own when only the reply was lost', async () => {
    faulty.setPlan({ from: 1, length: 1, kind: 'reply-lost-after-effect' });
    const { status } = await ask(await assertion());
    faulty.setPlan(undefined);
    expect(status).toBe(200);
  });

  it('never gives two tokens for one assertion, whatever failed in between', async () => {
    for (const kind of ['throttled', 'failed-before-effect', 'reply-lost-after-effect'] as const)
      for (let from = 1; from <= 3; from += 1) {
        const one = await assertion();
        faulty.setPlan({ from, length: 50, kind });
        const first = await ask(one);
        faulty.setPlan(undefined);
        const again = [await ask(one), await ask(one)];
        const given = [first, ...again].filter(({ status }) => status === 200);
        expect(given.length).toBeLessThanOrEqual(1);
      }
  }, 60_000);
});
