import fc from 'fast-check';
import { viewingOperations } from '../../functions/api/routes.ts';
import type { AuditEntry } from '../../functions/domain/audit/audit-entry.ts';
import type { Column, Scope } from '../../functions/domain/audit/usage.ts';
import type { TestStore } from './store.ts';

const organisations = { T9A: 'clinician', T9B: 'clinician', Y90001: 'gp', VT9C1: 'care-home' } as const;
const operations = ['read-patient', 'read-section', 'list-sections', 'match-patient', 'list-objections'];

/** What an audit entry is made of in random traffic. */
export type Traffic = Pick<AuditEntry, 'operation' | 'outcome'> & {
  readonly organisation: keyof typeof organisations;
  readonly user: number;
  readonly patient: number | undefined;
  readonly section: 'results' | 'alerts' | undefined;
  /** Days before 1 December 2026. */
  readonly daysBefore: number;
};

/** Random requests of eight users over three months: looks, searches, refusals. */
export const anyTraffic: fc.Arbitrary<Traffic> = fc.record({
  operation: fc.constantFrom(...operations),
  outcome: fc.constantFrom('success', 'success', 'success', 'refused'),
  organisation: fc.constantFrom(...(Object.keys(organisations) as (keyof typeof organisations)[])),
  user: fc.integer({ min: 1, max: 8 }),
  patient: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  section: fc.constantFrom('results', 'alerts', undefined),
  daysBefore: fc.integer({ min: 1, max: 90 }),
});

/** The audit entry of a made-up request. */
export function entryOf(store: TestStore, traffic: Traffic): AuditEntry {
  const { daysBefore, operation, organisation, outcome, patient, section, user } = traffic;
  return {
    id: store.newId(),
    recordedAt: new Date(Date.parse('2026-12-01T00:00:00Z') - daysBefore * 86_400_000).toISOString(),
    writerId: 'writer-1',
    writerSequence: 1,
    operation,
    action: operation === 'match-patient' ? 'E' : 'R',
    caller: {
      subject: `user-${user}`,
      name: `User ${user}`,
      role: organisations[organisation],
      organisation,
      purpose: 'directcare',
      tokenId: 'token-1',
    },
    requestId: '0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001',
    outcome,
    ...(patient !== undefined && { personId: `person-${patient}` }),
    ...(section && operation === 'read-section' && { section }),
  } as AuditEntry;
}

/** The counters of a month, counted anew from the log for each scope and column: nothing here is shared with the code. */
export function countFromLog(log: readonly AuditEntry[], month: string): Map<Scope, Record<Column, number>> {
  const views = log.filter(
    ({ operation, outcome, personId }) =>
      viewingOperations.has(operation) && outcome === 'success' && personId,
  );
  const scopes = [
    'TOTAL',
    'REGION#test',
    ...Object.keys(organisations).map((ods) => `ORGANISATION#test#${ods}`),
  ];
  const counted = new Map<Scope, Record<Column, number>>();
  for (const scope of scopes) {
    const ods = scope.split('#')[2];
    const inScope = views.filter(({ caller }) => ods === undefined || caller.organisation === ods);
    const columns: Record<string, number> = {};
    for (const section of [undefined, 'overview', 'results', 'alerts']) {
      const of = inScope.filter((view) => section === undefined || (view.section ?? 'overview') === section);
      const inMonth = of.filter(({ recordedAt }) => recordedAt.startsWith(month));
      const staff = new Set(inMonth.map(({ caller }) => caller.subject));
      const before = new Set(
        of.filter(({ recordedAt }) => recordedAt < month).map(({ caller }) => caller.subject),
      );
      const end = section ? `:${section}` : '';
      columns[`views${end}`] = inMonth.length;
      columns[`staff${end}`] = staff.size;
      columns[`joined${end}`] = [...staff].filter((one) => !before.has(one)).length;
    }
    const some = Object.entries(columns).filter(([, count]) => count !== 0);
    if (some.length > 0) counted.set(scope as Scope, Object.fromEntries(some) as Record<Column, number>);
  }
  return counted;
}
