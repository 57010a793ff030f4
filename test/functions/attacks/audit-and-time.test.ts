import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { appendAuditEntry, listAuditEntries } from '../../../functions/store/audit.ts';
import { submitBundle } from '../../../functions/usecases/submit-bundle.ts';
import { makeAllergy, makeBundle, makePatient } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());

const caller: Caller = {
  subject: 'u1',
  name: 'Ada Quay',
  role: 'clinician',
  organisation: 'T9A',
  purpose: 'directcare',
  tokenId: 't1',
};

it('attack 55: a request sent again after eleven minutes has one effect', async () => {
  const bundle = makeBundle(makePatient({ id: 'late' }), makeAllergy('late-a', 'late'));
  const send = () =>
    submitBundle(
      { policy, store },
      { ...caller, role: 'feed', purpose: 'feed' },
      {
        bundle,
        body: JSON.stringify(bundle),
        requestId: '00000000-0000-4000-8000-000000000055',
        newPersonId: () => crypto.randomUUID(),
      },
    );
  const first = await send();
  // A DynamoDB token would be forgotten after ten minutes.
  store.advance(11 * 60_000);
  expect(first.ok).toBe(true);
  expect(await send()).toEqual(first);
});

describe('attack 56: a clock that is turned back or runs ahead', () => {
  const append = (requestId: string) =>
    appendAuditEntry(store, {
      operation: 'read-section',
      action: 'R',
      caller,
      requestId,
      outcome: 'success',
      personId: 'somebody',
      salt: '00',
    });

  it('changes nothing in the order of a writer’s entries: sequence and chain go on', async () => {
    for (const [index, step] of [0, -600_000, 1_200_000].entries()) {
      store.advance(step);
      await append(`request-${index}`);
    }
    const { entries } = await listAuditEntries(store, ['somebody'], 10);
    const inOrder = entries.toSorted((one, other) => one.writerSequence - other.writerSequence);
    expect(inOrder.map(({ requestId }) => requestId)).toEqual(['request-0', 'request-1', 'request-2']);
    expect(inOrder.map(({ writerSequence }) => writerSequence)).toEqual(
      [0, 1, 2].map((step) => (inOrder[0]?.writerSequence ?? 0) + step),
    );
    for (const { previousHash } of inOrder.slice(1)) expect(previousHash).toBeDefined();
  });
});
