import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';

let region: TestRegion;
let handler: typeof import('../../../functions/edge/authoriser.ts').handler;
beforeAll(async () => {
  region = await openTestRegion();
  ({ handler } = await import('../../../functions/edge/authoriser.ts'));
});
afterAll(() => region?.close());

const methodArn = 'arn:aws:execute-api:eu-west-2:000000000000:api1/live/GET/FHIR/R4/Patient/p';
const ask = (headers: Record<string, string>) =>
  handler({ type: 'REQUEST', methodArn, headers } as unknown as APIGatewayRequestAuthorizerEvent);

describe('the authoriser', () => {
  it('names the caller in a flat context and allows the whole stage, so that a cached policy fits the next path', async () => {
    const answer = await ask({ authorization: `Bearer ${await region.signToken()}` });
    expect(answer).toMatchObject({
      principalId: 'user-1',
      context: {
        subject: 'user-1',
        role: 'clinician',
        organisation: 'T9A',
        purpose: 'directcare',
        tokenId: 'token-1',
      },
      policyDocument: {
        Statement: [{ Effect: 'Allow', Resource: 'arn:aws:execute-api:eu-west-2:000000000000:api1/live/*' }],
      },
    });
    for (const value of Object.values(answer.context ?? {})) expect(typeof value).toBe('string');
  });

  it('selects the usage plan of the organisation, and one for all without agreement', async () => {
    const keyOf = async (organisation: string) =>
      (await ask({ Authorization: `Bearer ${await region.signToken({ organisation })}` })).usageIdentifierKey;
    expect(await keyOf('T9A')).toBe('towpath-test-T9A-usage-plan');
    expect(await keyOf('T9Z')).toBe('towpath-test-unlisted-usage-plan');
  });

  it('refuses with exactly the message that the gateway turns into a 401', async () => {
    const other = await region.signToken({ aud: 'https://other.towpath.example' });
    await expect(ask({})).rejects.toThrow(/^Unauthorized$/);
    await expect(ask({ Authorization: `Bearer ${other}` })).rejects.toThrow(/^Unauthorized$/);
  });
});
