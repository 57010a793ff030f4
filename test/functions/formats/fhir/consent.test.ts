import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  askers,
  type Objection,
  type ObjectionStatement,
  objectionKinds,
} from '../../../../functions/domain/access/objection.ts';
import { sectionCodes } from '../../../../functions/domain/record/section-codes.ts';
import { writeConsent, writeConsents } from '../../../../functions/formats/fhir/consent.ts';
import { readConsent, type SentConsent } from '../../../../functions/formats/fhir/read-consent.ts';
import { makeObjection, makeReversal } from '../../../support/objections.ts';

let ids = 0;
const now = '2026-11-21T09:00:00.000Z';
const clock = { newId: () => `id-${++ids}`, now: () => new Date(now) };
const patient = { reference: 'Patient/p' };
const trusts = fc.uniqueArray(fc.constantFrom('T9A', 'T9B', 'Y90001'), { minLength: 1 });
const sections = fc.uniqueArray(fc.constantFrom(...sectionCodes.filter((code) => code !== 'demographics')), {
  minLength: 1,
});

/** A Consent as a client would send back what it was given. */
function sentBack(objection: Objection): SentConsent {
  const { extension, organization, performer, provision, status, category } = writeConsent(objection, {
    patient,
    statements: [objection],
    now,
  });
  return {
    status,
    patient,
    category,
    performer,
    organization,
    provision,
    extension: extension?.filter(({ valueString }) => valueString !== undefined),
  } as unknown as SentConsent;
}

describe('a Consent', () => {
  it('says what it was made of, whatever was objected to', () => {
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.constantFrom(...objectionKinds),
          askedBy: fc.constantFrom(...askers),
          scope: fc.record({ sources: trusts, viewers: trusts, sections }, { requiredKeys: [] }),
          reason: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: undefined }),
          from: fc.constantFrom('2026-12-01T00:00:00.000Z', '2026-11-01T08:30:00.000Z'),
          until: fc.constantFrom(undefined, '2027-01-01T00:00:00.000Z'),
        }),
        (made) => {
          const scope = made.kind === 'direct-care' ? made.scope : {};
          const objection = makeObjection(clock, { ...made, scope });
          const read = readConsent(sentBack(objection));
          if (!read.ok) throw new Error(read.issues.join());
          const { askedBy, from, kind, onBehalfOf, reason, scope: said, until } = read.request;
          expect({ askedBy, from, kind, onBehalfOf, reason, until }).toEqual({
            askedBy: objection.askedBy,
            from: objection.from,
            kind: objection.kind,
            onBehalfOf: objection.onBehalfOf,
            reason: objection.reason,
            until: objection.until,
          });
          for (const list of ['sources', 'viewers', 'sections'] as const)
            expect(new Set(said[list])).toEqual(new Set(scope[list]));
        },
      ),
    );
  });

  it('takes LOINC’s code of a section for every section that has it', () => {
    const code = [{ coding: [{ system: 'http://loinc.org', code: '30954-2' }] }];
    const read = readConsent({ status: 'active', patient, provision: { type: 'deny', code } });
    expect(read).toMatchObject({ ok: true, request: { scope: { sections: ['results', 'imaging'] } } });
  });

  it('begins no later than midnight in the United Kingdom, and ends with its last day', () => {
    const period = { start: '2026-07-01', end: '2026-07-01' };
    const read = (type: 'deny' | 'permit') =>
      readConsent({ status: 'active', patient, provision: { type, period } });
    expect(read('deny')).toMatchObject({
      request: { from: '2026-06-30T23:00:00.000Z', until: '2026-07-02T00:00:00.000Z' },
    });
    // What opens a record again does so no sooner.
    expect(read('permit')).toMatchObject({ request: { says: 'reversal', from: '2026-07-01T00:00:00.000Z' } });
  });

  it('is one of each statement, in their order, and a confirmation is part of what it confirms', () => {
    const objection = makeObjection(clock, { awaitsConfirmation: true });
    const confirmation: ObjectionStatement = {
      ...makeObjection(clock),
      says: 'confirmation',
      confirms: objection.id,
    };
    const reversal = makeReversal(clock, [objection]);
    if (!reversal) throw new Error('nothing stands');
    const statusOf = (statements: readonly ObjectionStatement[]) =>
      writeConsents({ patient, statements, now }).map(({ provision, status }) => [provision?.type, status]);
    expect(statusOf([objection])).toEqual([['deny', 'proposed']]);
    expect(statusOf([objection, confirmation])).toEqual([['deny', 'active']]);
    expect(statusOf([objection, confirmation, reversal])).toEqual([
      ['deny', 'inactive'],
      ['permit', 'active'],
    ]);
  });
});
