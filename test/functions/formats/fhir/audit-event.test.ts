import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routes } from '../../../../functions/api/routes.ts';
import { purposes } from '../../../../functions/domain/access/caller.ts';
import { type Role, roles } from '../../../../functions/domain/access/roles.ts';
import type { AuditEntry } from '../../../../functions/domain/audit/audit-entry.ts';
import { wordedOperations } from '../../../../functions/domain/audit/operation-words.ts';
import { sectionCodes } from '../../../../functions/domain/record/section-codes.ts';
import { auditSentence, writeAuditEvent } from '../../../../functions/formats/fhir/audit-event.ts';
import { balpProblems } from '../../../support/balp-rules.ts';
import { policy } from '../../../support/policy.ts';

const place = { policy, baseUrl: 'https://record.test/FHIR/R4' };

const entry: AuditEntry = {
  id: '01JD0000000000000000000000',
  recordedAt: '2026-07-01T09:05:00.000Z',
  writerId: 'writer-1',
  writerSequence: 7,
  operation: 'read-section',
  action: 'R',
  caller: {
    subject: 'user-1',
    name: 'Ada Quay',
    role: 'gp',
    organisation: 'Y90001',
    purpose: 'directcare',
    tokenId: 'token-1',
  },
  organisationName: 'Lock Keepers Surgery',
  requestId: '0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001',
  outcome: 'success',
  personId: 'person-1',
  section: 'results',
  resourceCount: 3,
  bodyDigest: 'ab'.repeat(32),
  salt: 'cd'.repeat(16),
};

const anyEntry: fc.Arbitrary<AuditEntry> = fc
  .record({
    operation: fc.constantFrom(...routes.map(({ operation }) => operation)),
    action: fc.constantFrom('C', 'R', 'U', 'E'),
    outcome: fc.constantFrom('success', 'refused', 'failed'),
    role: fc.constantFrom(...(Object.keys(roles) as Role[])),
    purpose: fc.constantFrom(...purposes),
    name: fc.string({ minLength: 1, maxLength: 40 }),
    personId: fc.option(fc.constant('person-1'), { nil: undefined }),
    section: fc.option(fc.constantFrom(...sectionCodes), { nil: undefined }),
    resourceCount: fc.option(fc.nat(100), { nil: undefined }),
    resources: fc.option(fc.array(fc.constantFrom('Observation/a', 'Condition/b')), { nil: undefined }),
  })
  .map(({ name, personId, purpose, resourceCount, resources, role, section, ...rest }) => {
    const { personId: _, resourceCount: __, section: ___, ...plain } = entry;
    return {
      ...plain,
      ...rest,
      caller: { ...entry.caller, name, purpose, role },
      ...(personId && { personId }),
      ...(section && { section }),
      ...(resourceCount !== undefined && { resourceCount }),
      ...(resources && { resources }),
    } as AuditEntry;
  });

describe('an AuditEvent', () => {
  it('keeps to IHE BALP whatever the entry is', () => {
    fc.assert(
      fc.property(anyEntry, (one) => {
        expect(balpProblems(writeAuditEvent(one, place))).toEqual([]);
      }),
    );
  });

  it('tells its patient who looked, from where, at what, why and when', () => {
    expect(auditSentence(entry)).toBe(
      'Ada Quay, a GP at Lock Keepers Surgery, looked at a part of your record (Test results and observations) for your care, on 1 July 2026 at 10:05.',
    );
    expect(
      auditSentence({ ...entry, operation: 'read-patient', section: 'demographics', outcome: 'refused' }),
    ).toBe(
      'Ada Quay, a GP at Lock Keepers Surgery, tried to look at your details for your care, and was refused, on 1 July 2026 at 10:05.',
    );
  });

  it('holds a name that is markup as text', () => {
    const { text } = writeAuditEvent({ ...entry, caller: { ...entry.caller, name: '<script>&"' } }, place);
    expect(text?.div).toContain('&lt;script&gt;&amp;&quot;');
    expect(text?.div).not.toContain('<script>');
  });

  it('names an organisation as it was called then, and one that was never listed by its code', () => {
    const { organisationName: _, ...nameless } = entry;
    const unlisted = { ...nameless, caller: { ...entry.caller, organisation: 'GONE1' } };
    expect(auditSentence(unlisted)).toContain('at organisation GONE1');
    // The region's policy calls Y90001 something else by now.
    expect(JSON.stringify(writeAuditEvent(entry, place))).not.toContain('Organisation Y90001');
  });

  it('lists every entry that was shown, as an entity apart from the data', () => {
    const resources = ['Observation/a', 'Observation/b'];
    const { entity = [] } = writeAuditEvent({ ...entry, resources }, place);
    expect(entity.flatMap(({ what }) => what?.reference ?? [])).toEqual(['Patient/person-1', ...resources]);
    expect(balpProblems(writeAuditEvent({ ...entry, resources }, place))).toEqual([]);
  });

  it('has words for every operation that can be about a patient', () => {
    const aboutNobody = [
      'read-agreements',
      'apply-agreements',
      'list-privacy-alerts',
      'review-privacy-alert',
      'read-usage',
      // A message that was refused is nobody's record.
      'list-rejects',
      'read-reject',
    ];
    const aboutPatients = routes.filter(
      ({ operation, permission, tables }) =>
        permission !== 'open' && tables.record && !aboutNobody.includes(operation),
    );
    expect(
      aboutPatients.map(({ operation }) => operation).filter((one) => !wordedOperations.has(one)),
    ).toEqual([]);
  });
});

describe('the rules of BALP', () => {
  const event = writeAuditEvent(entry, place);
  const query = writeAuditEvent({ ...entry, operation: 'match-patient', action: 'E' }, place);
  it.each([
    ['no client', { ...event, agent: event.agent.filter((_, index) => index !== 1) }, 'agent[client] 1..1'],
    [
      'a server without network',
      { ...event, agent: event.agent.map(({ network: _, ...one }) => one) },
      'agent[server].network 1..1',
    ],
    [
      'no data',
      { ...event, entity: event.entity?.filter(({ type }) => type?.code !== '2') ?? [] },
      'entity[data] 1..1',
    ],
    ['no interaction', { ...event, subtype: [] }, 'subtype names the interaction'],
    [
      'a query without its text',
      { ...query, entity: query.entity?.map(({ query: _, ...one }) => one) ?? [] },
      'entity[query].query is base64',
    ],
    ['a read written as a query', { ...event, action: 'E' as const }, 'entity[query].role'],
  ])('find %s', (_name, broken, problem) => {
    expect(balpProblems(broken)).toContain(problem);
  });
});
