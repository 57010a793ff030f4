import type { Bundle, FhirResource } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewingOperations } from '../../../functions/api/routes.ts';
import { type OracleWorld, openOracleWorld, patientRoutes } from '../../support/oracle-world.ts';

let world: OracleWorld;
beforeAll(async () => {
  world = await openOracleWorld();
});
afterAll(() => world?.close());

/** What is not an entry of the record: who it is about, and what is said about the answer itself. */
const notEntries = new Set([
  'Patient',
  'OperationOutcome',
  'Composition',
  'Organization',
  'List',
  'Parameters',
]);

function entriesIn(body: Bundle | FhirResource): string[] {
  const resources =
    body.resourceType === 'Bundle' ? (body.entry ?? []).map(({ resource }) => resource) : [body];
  return resources.flatMap((one) => {
    if (!one || notEntries.has(one.resourceType)) return [];
    return [`${one.resourceType}/${one.id}`];
  });
}

it('is looked at in every operation that shows a record', () => {
  const asked = new Set(patientRoutes.map(({ operation }) => operation));
  expect([...viewingOperations].filter((operation) => !asked.has(operation))).toEqual([]);
});

describe.each(patientRoutes.filter(({ operation }) => viewingOperations.has(operation)))(
  'the audit entry of $operation',
  ({ ask, operation }) => {
    it('lists exactly the entries that the answer held, and names the patient and on what the look rested', async () => {
      const { region, subjects } = world;
      const held = subjects.get('held');
      if (!held) throw new Error('nobody is held');
      const answer = await region.call<Bundle>(operation, {
        ...ask(held),
        caller: { organisation: 'T9B', subject: `reader of ${operation}` },
      });
      expect(answer.status).toBe(200);
      const shown = entriesIn(answer.body);
      if (!['read-patient', 'list-sections'].includes(operation)) expect(shown).not.toEqual([]);
      const entries = (await region.auditEntries()).filter(
        (entry) => entry.operation === operation && entry.outcome === 'success',
      );
      const [entry] = entries;
      expect(entries).toHaveLength(1);
      expect(entry).toMatchObject({
        personId: held.personId,
        reason: 'relationship: feed',
        organisationName: 'Organisation T9B',
        caller: { role: 'clinician', purpose: 'directcare' },
      });
      expect([...(entry?.resources ?? [])].toSorted()).toEqual(shown.toSorted());
    });
  },
);
