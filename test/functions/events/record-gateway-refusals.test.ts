import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';

let region: TestRegion;
let handler: typeof import('../../../functions/events/record-gateway-refusals.ts').handler;
beforeAll(async () => {
  region = await openTestRegion();
  ({ handler } = await import('../../../functions/events/record-gateway-refusals.ts'));
});
afterAll(() => region?.close());

const line = (change: object = {}) =>
  JSON.stringify({
    requestId: 'gateway-request-1',
    requestTime: '21/Nov/2026:09:00:00 +0000',
    httpMethod: 'POST',
    resourcePath: '/FHIR/R4/Patient/$match',
    status: '400',
    errorType: 'BAD_REQUEST_BODY',
    subject: 'user-1',
    role: 'clinician',
    organisation: 'T9A',
    ...change,
  });
const deliver = (...messages: string[]) => {
  const logEvents = messages.map((message, index) => ({ id: String(index), timestamp: 0, message }));
  const data = {
    messageType: 'DATA_MESSAGE',
    owner: '',
    logGroup: '',
    logStream: '',
    subscriptionFilters: [],
    logEvents,
  };
  return handler({ awslogs: { data: gzipSync(JSON.stringify(data)).toString('base64') } });
};

describe('a request that the gateway refused itself', () => {
  it.each([
    ['BAD_REQUEST_BODY', 'INVALID_REQUEST'],
    ['BAD_REQUEST_PARAMETERS', 'INVALID_REQUEST'],
    ['THROTTLED', 'THROTTLED'],
    ['REQUEST_TOO_LARGE', 'TOO_LARGE'],
  ])('is audited for its caller: %s as %s', async (errorType, errorCode) => {
    await deliver(line({ errorType }));
    expect((await region.auditEntries()).at(-1)).toMatchObject({
      operation: 'match-patient',
      outcome: 'refused',
      errorCode,
      requestId: 'gateway-request-1',
      caller: { subject: 'user-1', role: 'clinician', organisation: 'T9A' },
    });
  });

  it('leaves lines without a caller, and lines that are none, alone', async () => {
    const before = (await region.auditEntries()).length;
    await deliver(line({ subject: '-', role: '-', organisation: '-' }), 'not JSON', '{}');
    expect(await region.auditEntries()).toHaveLength(before);
  });
});
