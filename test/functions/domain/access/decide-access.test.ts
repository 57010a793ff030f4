import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharesSection } from '../../../../functions/domain/access/agreement.ts';
import type { Caller } from '../../../../functions/domain/access/caller.ts';
import {
  decideOperation,
  decidePatientAccess,
  type PatientState,
} from '../../../../functions/domain/access/decide-access.ts';
import { entryVisibility } from '../../../../functions/domain/access/entry-visibility.ts';
import type { Relationship } from '../../../../functions/domain/access/relationship.ts';
import {
  hasPermission,
  mayOpenSection,
  permissions,
  type Role,
  roles,
} from '../../../../functions/domain/access/roles.ts';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import { sectionCodes } from '../../../../functions/domain/record/section-codes.ts';
import { policy } from '../../../support/policy.ts';

const now = '2026-11-21T09:00:00.000Z';
const caller: Caller = {
  subject: 'u1',
  name: 'Ada Quay',
  role: 'clinician',
  organisation: 'T9A',
  purpose: 'directcare',
  tokenId: 't1',
};
const demographics: Demographics = { names: [], deceased: false, restricted: false };
const proof = (organisation: string, until: string): Relationship => ({
  organisation,
  kind: 'feed',
  since: '2026-01-01T00:00:00.000Z',
  until,
});
const related = [proof('T9A', '2027-01-01T00:00:00.000Z')];
const seen = (state: Partial<PatientState>) =>
  decidePatientAccess(policy, caller, { person: { demographics }, relationships: related, ...state }, now);

describe('decideOperation', () => {
  it('refuses an organisation without agreement before it looks at the role', () => {
    for (const role of Object.keys(roles) as Role[])
      for (const permission of permissions)
        expect(decideOperation(policy, { ...caller, role, organisation: 'T9Z' }, permission)).toEqual({
          allowed: false,
          code: 'NO_AGREEMENT',
        });
  });

  it('refuses a listed organisation whose agreement does not let it view, but takes its feed', () => {
    const sender = { ...caller, organisation: 'T9S' };
    expect(decideOperation(policy, sender, 'record.read')).toEqual({ allowed: false, code: 'NO_AGREEMENT' });
    expect(
      decideOperation(policy, { ...sender, role: 'feed', purpose: 'feed' }, 'record.write').allowed,
    ).toBe(true);
  });

  it('allows exactly the cells of the role matrix', () => {
    for (const role of Object.keys(roles) as Role[])
      for (const permission of permissions)
        for (const section of sectionCodes)
          expect(decideOperation(policy, { ...caller, role }, permission, section).allowed).toBe(
            hasPermission(role, permission) && mayOpenSection(role, section),
          );
  });

  it('opens a record for direct care only', () => {
    expect(decideOperation(policy, { ...caller, purpose: 'administration' }, 'record.read')).toEqual({
      allowed: false,
      code: 'FORBIDDEN_ROLE',
    });
  });
});

describe('decidePatientAccess', () => {
  const anyState = fc.record({
    known: fc.boolean(),
    restricted: fc.boolean(),
    deathDate: fc.option(fc.constantFrom('2010-10-22', '2026-11-20'), { nil: undefined }),
    inForce: fc.boolean(),
  });
  const stateOf = ({
    known,
    restricted,
    deathDate,
    inForce,
  }: {
    known: boolean;
    restricted: boolean;
    deathDate: string | undefined;
    inForce: boolean;
  }) => ({
    ...(known && {
      person: {
        demographics: {
          ...demographics,
          restricted,
          deceased: deathDate !== undefined,
          ...(deathDate && { deathDate }),
        },
      },
    }),
    objection: { inForce },
  });

  it('gives every patient the same answer until a relationship is proven', () => {
    fc.assert(
      fc.property(anyState, fc.constantFrom('T9B', 'Y90001'), (state, organisation) => {
        const relationships = [proof(organisation, '2027-01-01T00:00:00.000Z')];
        expect(seen({ ...stateOf(state), relationships })).toEqual({
          allowed: false,
          code: 'NO_RELATIONSHIP',
        });
      }),
    );
  });

  it('lets a relationship end at its instant', () => {
    expect(seen({ relationships: [proof('T9A', now)] })).toEqual({
      allowed: false,
      code: 'NO_RELATIONSHIP',
    });
    expect(seen({ relationships: [proof('T9A', '2026-11-21T09:00:00.001Z')] }).allowed).toBe(true);
  });

  it('answers not found alike for unknown, restricted and long-deceased patients, objected or not', () => {
    const absent = { allowed: false, code: 'PATIENT_NOT_FOUND' };
    for (const inForce of [true, false]) {
      const objection = { inForce };
      expect(decidePatientAccess(policy, caller, { relationships: related, objection }, now)).toEqual(absent);
      expect(seen({ objection, person: { demographics: { ...demographics, restricted: true } } })).toEqual(
        absent,
      );
      const deceased = { ...demographics, deceased: true, deathDate: '2010-10-22' };
      expect(seen({ objection, person: { demographics: deceased } })).toEqual(absent);
    }
  });

  it('keeps the record of a person who died within the window readable', () => {
    const at = (deathDate: string) =>
      seen({ person: { demographics: { ...demographics, deceased: true, deathDate } } });
    expect(at('2026-10-24').allowed).toBe(true);
    expect(at('2026-10-23')).toEqual({ allowed: false, code: 'PATIENT_NOT_FOUND' });
  });

  it('refuses while an objection is in force and allows after its reversal', () => {
    expect(seen({ objection: { inForce: true } })).toEqual({ allowed: false, code: 'NO_PATIENT_CONSENT' });
    expect(seen({ objection: { inForce: false } }).allowed).toBe(true);
  });

  it('lets a privacy officer act for any patient who is held, and for no other', () => {
    const officer: Caller = { ...caller, role: 'privacy-officer', purpose: 'audit' };
    const held = { person: { demographics: { ...demographics, restricted: true } }, relationships: [] };
    expect(decidePatientAccess(policy, officer, held, now).allowed).toBe(true);
    expect(decidePatientAccess(policy, officer, { relationships: [] }, now)).toEqual({
      allowed: false,
      code: 'PATIENT_NOT_FOUND',
    });
  });
});

describe('sharing', () => {
  it('follows the agreement, and shares nothing of an organisation without one', () => {
    expect(sharesSection(policy, 'T9B', 'allergies', caller)).toBe(true);
    expect(sharesSection(policy, 'T9M', 'alerts', caller)).toBe(true);
    expect(sharesSection(policy, 'T9M', 'conditions', caller)).toBe(false);
    expect(sharesSection(policy, 'VT9C1', 'conditions', caller)).toBe(false);
    expect(sharesSection(policy, 'T9Z', 'conditions', caller)).toBe(false);
  });

  it('withholds an entry with any label that is not open, except from its own organisation', () => {
    const entry = { ods: 'T9B', securityLabels: [], enteredInError: false };
    expect(entryVisibility(policy, caller, entry)).toBe('shown');
    expect(entryVisibility(policy, caller, { ...entry, securityLabels: ['N'] })).toBe('shown');
    for (const label of ['R', 'V', 'HIV', 'anything new'])
      expect(entryVisibility(policy, caller, { ...entry, securityLabels: ['N', label] })).toBe('withheld');
    expect(entryVisibility(policy, caller, { ...entry, ods: 'T9A', securityLabels: ['R'] })).toBe('shown');
    expect(entryVisibility(policy, caller, { ...entry, ods: 'T9A', enteredInError: true })).toBe('retracted');
  });
});
