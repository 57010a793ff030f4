import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { routes } from '../../../functions/api/routes.ts';
import type { TestCaller } from '../../support/operations.ts';
import {
  numberRoutes,
  type OracleWorld,
  openOracleWorld,
  patientRoutes,
  type Subject,
} from '../../support/oracle-world.ts';

let world: OracleWorld;
beforeAll(async () => {
  // The clock stands still: agreements are read anew every five seconds, and not by what is observed.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  world = await openOracleWorld();
});
afterAll(async () => {
  await world?.close();
  vi.useRealTimers();
});

const requestId = '0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a0ff';

/** What a caller gets and could measure: status, headers, bytes, and what it cost the store. */
async function observe(operation: string, subject: Subject, caller: TestCaller) {
  const { endpoint, region } = world;
  const ask = [...patientRoutes, ...numberRoutes].find((route) => route.operation === operation)?.ask;
  endpoint.setPlan(undefined);
  const request = { ...ask?.(subject), caller, headers: { 'X-Request-ID': requestId } };
  const { headers, status, text } = await region.call(operation, request);
  // A claim says until when it holds.
  const body = text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'instant');
  return { status, headers, body, bytes: text.length, calls: endpoint.calls() };
}

/** The same for each of the named subjects, in every route. */
async function expectAlike(operation: string, names: readonly string[], caller: TestCaller) {
  const [first = '', ...others] = names;
  const subjectOf = (name: string) => {
    const subject = world.subjects.get(name);
    if (!subject) throw new Error(`there is no ${name}`);
    return subject;
  };
  const expected = await observe(operation, subjectOf(first), caller);
  for (const name of others)
    expect([name, await observe(operation, subjectOf(name), caller)]).toEqual([name, expected]);
  return expected;
}

it('looks at every route by which a clinician can ask about a patient', () => {
  const operations = patientRoutes.map(({ operation }) => operation);
  expect(operations).toEqual(expect.arrayContaining(['read-patient', 'read-section', 'list-objections']));
  // Whoever adds a route of this kind has it looked at without saying so.
  const about = routes.filter(
    ({ path, permission }) =>
      /^\/(Patient|Binary|\{type\})\/\{id\}/.test(path) && !['open', 'record.write'].includes(permission),
  );
  const elsewhere = about.filter(({ operation }) => !operations.includes(operation));
  // Those who decide who is who have no relationships: they may know who is held.
  expect(elsewhere.map(({ permission }) => permission)).toEqual(
    elsewhere.map(({ permission }) => (permission.startsWith('identity.') ? permission : 'none')),
  );
});

describe.each(patientRoutes)('$operation', ({ operation }) => {
  it('answers everybody alike to whom there is no relationship: nobody, held, sealed, objected, deceased', async () => {
    const caller = { subject: `outsider of ${operation}` };
    const { status } = await expectAlike(operation, [...world.subjects.keys()], caller);
    expect(status).toBe(operation === 'break-glass' ? 200 : 403);
  });

  it('answers nobody, the sealed and the long deceased alike to who claimed a relationship with each', async () => {
    const names = ['nobody', 'sealed', 'long deceased'];
    const caller = { subject: `claimant of ${operation}` };
    const claim = patientRoutes.find((route) => route.operation === 'break-glass');
    for (const name of names) {
      const subject = world.subjects.get(name);
      if (subject) await world.region.call('break-glass', { ...claim?.ask(subject), caller });
    }
    const { status } = await expectAlike(operation, names, caller);
    const expected: Record<string, number> = {
      'break-glass': 200,
      // No way leads from the id of an entry or a document that nobody has to anybody.
      'read-resource': 403,
      'read-binary': 403,
    };
    expect(status).toBe(expected[operation] ?? 404);
  });
});

describe.each(numberRoutes)('$operation by a number alone', ({ operation }) => {
  it('answers everybody alike to whom there is no relationship, and nobody', async () => {
    const caller = { subject: `outsider of ${operation}` };
    const { status } = await expectAlike(operation, [...world.subjects.keys()], caller);
    expect(status).toBe(200);
  });
});
