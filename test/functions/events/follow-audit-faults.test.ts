import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { readUsage } from '../../../functions/store/usage.ts';
import { anyTraffic, countFromLog, entryOf } from '../../support/audit-traffic.ts';
import { type FaultKind, makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient, testNhsNumber } from '../../support/people.ts';

const faults = makeFaultyEndpoint();
let region: TestRegion;
let handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
let deceased: string;
beforeAll(async () => {
  region = await openTestRegion({ endpointInFrontOf: faults.start });
  ({ handler } = await import('../../../functions/events/follow-audit.ts'));
  const { body } = await region.call('submit-bundle', {
    caller: { role: 'feed', purpose: 'feed' },
    body: makeBundle(makePatient({ id: 'd-1', nhsNumber: testNhsNumber(1), deceased: '2025-01-01' })),
  });
  deceased = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
});
afterAll(async () => {
  await region?.close();
  await faults.close();
});

const eventOf = (entries: readonly AuditEntry[]) =>
  ({
    Records: entries.map((entry, index) => ({
      eventName: 'INSERT',
      dynamodb: {
        SequenceNumber: String(index),
        NewImage: marshall({ type: 'AuditEntry', ...entry }, { removeUndefinedValues: true }),
      },
    })),
  }) as DynamoDBStreamEvent;

const log: AuditEntry[] = [];

it.each<FaultKind>(['failed-before-effect', 'reply-lost-after-effect'])(
  'counts each entry once and raises each alert once, whichever store call fails before the batch comes again: %s',
  async (kind) => {
    for (let from = 1, finished = false; !finished; from += 1) {
      expect(from).toBeLessThan(40);
      const traffic = fc.sample(anyTraffic, { numRuns: 6, seed: from * 10 + kind.length });
      const batch = traffic.map((one) => entryOf(region.store, one));
      const [first] = batch;
      if (!first) throw new Error('no traffic');
      // In each batch somebody looks at a person who is long dead.
      const caller = { ...first.caller, subject: `${kind} ${from}` };
      batch.push({
        ...first,
        id: region.store.newId(),
        operation: 'read-patient',
        outcome: 'success',
        personId: deceased,
        caller,
      });
      log.push(...batch);
      faults.setPlan({ from, length: 3, kind });
      const { batchItemFailures } = await handler(eventOf(batch));
      finished = faults.calls() < from;
      faults.setPlan(undefined);
      if (batchItemFailures.length > 0)
        expect(await handler(eventOf(batch))).toEqual({ batchItemFailures: [] });
      for (const month of ['2026-09', '2026-10', '2026-11']) {
        const counted = await readUsage(region.store, 1, month);
        for (const [scope, columns] of countFromLog(log, month))
          expect({ from, scope, ...counted.get(scope) }).toMatchObject({ from, scope, ...columns });
      }
      const alerts = (await region.recordItems()).filter(
        ({ subject, type }) => type === 'PrivacyAlert' && subject === caller.subject,
      );
      expect(alerts).toHaveLength(1);
    }
  },
  60_000,
);
