import type { Bundle, Parameters, ParametersParameter } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { replayGrounds } from '../../../functions/domain/identity/replay-grounds.ts';
import { matchPolicy } from '../../../functions/domain/matching/match-policy.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient } from '../../support/people.ts';

const feed = (organisation: string) => ({ role: 'feed', organisation, purpose: 'feed' }) as const;
const steward = { role: 'steward', purpose: 'administration', subject: 'steward-1' } as const;
const person = {
  family: 'Canarywharton',
  given: 'Philippa',
  birthDate: '1961-08-23',
  postcode: 'E14 5AB',
} as const;

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const send = (organisation: string, id: string, made: object) =>
  region.call<Bundle>('submit-bundle', {
    caller: feed(organisation),
    body: makeBundle(makePatient({ ...person, ...made, id })),
  });
const valuesOf = (parts: readonly ParametersParameter[], name: string) =>
  parts.filter((part) => part.name === name);

describe('a decision of the machine', () => {
  let personId = '';

  it('stands in the ledger with its levels, weights and people, and gives the same when worked out again', async () => {
    const first = await send('T9A', 'p-1', {});
    const second = await send('T9B', 'p-2', { given: 'Pippa' });
    personId = second.body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
    expect(first.body.entry?.[0]?.response?.location).toBe(`Patient/${personId}`);
    const { body } = await region.call<Parameters>('list-link-history', {
      caller: steward,
      path: { id: personId },
      query: {},
    });
    const linked = body.parameter?.find(({ part = [] }) =>
      part.some(({ name, valueCode }) => name === 'how' && valueCode === 'demographics'),
    );
    const parts = linked?.part ?? [];
    expect(valuesOf(parts, 'policy')).toEqual([{ name: 'policy', valueString: matchPolicy.version }]);
    expect(valuesOf(parts, 'replayed')).toEqual([{ name: 'replayed', valueBoolean: true }]);
    const rows = valuesOf(parts, 'field').map(({ part = [] }) => part);
    expect(rows.map(([, level]) => level?.valueCode)).toEqual(
      expect.arrayContaining(['one-of-the-index', 'exact', 'nickname']),
    );
    const bits = rows.reduce((sum, [, , weight]) => sum + (weight?.valueDecimal ?? Number.NaN), 0);
    const [score] = valuesOf(parts, 'score');
    expect(score?.valueDecimal).toBeCloseTo(1 / (1 + 2 ** -bits), 9);
  });

  it('stands in the audit of each match, and can be worked out again from there', async () => {
    const { body } = await region.call<Bundle>('match-patient', {
      body: {
        resourceType: 'Parameters',
        parameter: [{ name: 'resource', resource: makePatient({ ...person, family: 'Canarywhraton' }) }],
      },
    });
    expect(body.entry?.[0]?.resource?.id).toBe(personId);
    const entries = await region.auditEntries();
    const entry = entries.find(
      (one: AuditEntry) => one.operation === 'match-patient' && one.personId === personId,
    );
    expect(entry?.match).toMatchObject({ policyVersion: matchPolicy.version, grade: 'certain' });
    const { grounds, score } = entry?.match ?? {};
    if (!grounds) throw new Error('the audit entry has no grounds');
    const replayed = replayGrounds(grounds, matchPolicy);
    expect(replayed).toEqual({ agrees: true, score: expect.closeTo(score ?? 0, 9) });
  });
});
