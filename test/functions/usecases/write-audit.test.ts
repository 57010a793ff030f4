import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditEntry, longestResourceList } from '../../../functions/domain/audit/audit-entry.ts';
import { listAuditEntries } from '../../../functions/store/audit.ts';
import { auditDisclosure, auditRefusal } from '../../../functions/usecases/write-audit.ts';
import { policy } from '../../support/policy.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());

const request = {
  operation: 'read-section',
  action: 'R',
  requestId: 'request-1',
  caller: {
    subject: 'user-1',
    name: 'Ada Quay',
    role: 'clinician',
    organisation: 'T9A',
    purpose: 'directcare',
    tokenId: 'token-1',
  },
} as const;

async function audited(personId: string, resources: readonly string[]): Promise<AuditEntry | undefined> {
  const disclosure = { personId, resourceCount: resources.length, resources };
  await auditDisclosure({ policy, store }, request, [disclosure], 'the body');
  return (await listAuditEntries(store, [personId], 1)).entries[0];
}

const namesOf = (count: number) => Array.from({ length: count }, (_, at) => `Observation/${count - at}`);

describe('what an answer showed', () => {
  it('is in its entry by name, up to the longest list', async () => {
    const resources = namesOf(longestResourceList);
    const entry = await audited('some', resources);
    expect(entry).toMatchObject({ resources, resourceCount: longestResourceList });
    expect(entry).not.toHaveProperty('resourcesDigest');
  });

  it('is beyond that a count and a digest, against which the list can be held again in any order', async () => {
    const resources = namesOf(longestResourceList + 1);
    const entry = await audited('many', resources);
    expect(entry).not.toHaveProperty('resources');
    expect(entry?.resourceCount).toBe(longestResourceList + 1);
    const list = resources.toReversed().toSorted().join('\n');
    expect(entry?.resourcesDigest).toBe(
      createHash('sha256')
        .update(entry?.salt ?? '')
        .update(list)
        .digest('hex'),
    );
  });
});

describe('the organisation', () => {
  it('is named as it is called now, in refusals too; one that is not listed has no name', async () => {
    expect((await audited('named', []))?.organisationName).toBe('Organisation T9A');
    const refusal = { outcome: 'refused', errorCode: 'NO_AGREEMENT', personId: 'refused' } as const;
    await auditRefusal({ policy, store }, request, refusal);
    const stranger = { ...request, caller: { ...request.caller, organisation: 'T9Z' } };
    await auditRefusal({ policy, store }, stranger, refusal);
    const { entries } = await listAuditEntries(store, ['refused'], 2);
    expect(entries.map(({ organisationName }) => organisationName)).toEqual([undefined, 'Organisation T9A']);
  });
});
