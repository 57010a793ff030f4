import type { Bundle } from 'fhir/r4.js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Agreement } from '../../../functions/domain/access/agreement.ts';
import type { AgreementsOutcome } from '../../../functions/usecases/apply-agreements.ts';
import type { AgreementsState } from '../../../functions/usecases/read-agreements.ts';
import type { Simulation } from '../../../functions/usecases/simulate-access.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';

const officer = { role: 'privacy-officer', purpose: 'audit', subject: 'officer-1' } as const;
const feed = (organisation: string) => ({ role: 'feed', organisation, purpose: 'feed' }) as const;
let region: TestRegion;
let personId: string;

beforeAll(async () => {
  region = await openTestRegion({ policyChanges: { agreementSeconds: 5 } });
  const nhsNumber = testNhsNumber(1);
  for (const organisation of ['T9A', 'T9B', 'T9M']) {
    const id = `a-${organisation}`;
    const { body } = await region.call<Bundle>('submit-bundle', {
      caller: feed(organisation),
      body: makeBundle(
        makePatient({ id, family: 'Canary', nhsNumber }),
        makeAllergy(`${id}-a`, id, { text: `Canary allergen of ${organisation}` }),
      ),
    });
    personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
  }
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => region?.close());

/** Lets time pass, for the region too. */
function passSeconds(seconds: number): void {
  const now = Date.now() + seconds * 1000;
  vi.useFakeTimers({ toFake: ['Date'], now });
}

const read = async () => (await region.call<AgreementsState>('read-agreements', { caller: officer })).body;
const send = (version: number, agreements: readonly Agreement[]) =>
  region.call<AgreementsOutcome>('apply-agreements', { caller: officer, body: { version, agreements } });
const readAllergies = async () => {
  const answer = await region.call('read-section', { path: { id: personId, code: 'allergies' } });
  const found = answer.body.entry?.filter(({ resource }) => resource?.resourceType === 'AllergyIntolerance');
  return { ...answer, found: found?.length };
};

/** The shipped agreements with changes to that of one organisation. */
const changed = (organisation: string, changes: Partial<Agreement>): Agreement[] =>
  policy.agreements.map((one) => (one.organisation === organisation ? { ...one, ...changes } : one));

describe('agreements that are applied', () => {
  it('are those of the region’s file until others are', async () => {
    expect(await read()).toEqual({ region: 'test', version: 0, agreements: policy.agreements });
  });

  it('hold within five seconds, with a version, what they changed and an audit entry', async () => {
    expect((await readAllergies()).found).toBe(2);
    const withdrawn = changed('T9B', { share: [] });
    const applied = await send(0, withdrawn);
    expect([applied.status, applied.body]).toEqual([
      200,
      {
        version: 1,
        changes: [
          {
            change: 'removed',
            organisation: 'T9B',
            rule: 'shares every section with everybody, every role, from 2020-01-01',
          },
        ],
      },
    ]);
    const [entry] = (await region.auditEntries()).filter(({ operation }) => operation === 'apply-agreements');
    expect(entry).toMatchObject({ action: 'U', outcome: 'success', resources: ['Agreements/1'] });
    expect(await read()).toMatchObject({
      version: 1,
      appliedBy: { name: 'Ada Quay' },
      agreements: withdrawn,
    });
    passSeconds(5);
    expect((await readAllergies()).found).toBe(1);
  });

  it('are refused for a version that is no longer the applied one, and nothing changes', async () => {
    const stale = await send(0, []);
    expect([stale.status, stale.code]).toEqual([412, 'STALE_VERSION']);
    const [one, other] = await Promise.all([
      send(1, policy.agreements),
      send(1, changed('T9A', { view: [] })),
    ]);
    expect([one.status, other.status].toSorted()).toEqual([200, 412]);
    expect((await read()).version).toBe(2);
    const { version } = await read();
    if (other.status === 200) await send(version, policy.agreements);
  });

  it('make no new version where they say the same', async () => {
    const { version } = await read();
    expect((await send(version, policy.agreements)).body).toEqual({ version, changes: [] });
  });

  it('end with their last day', async () => {
    const { version } = await read();
    const today = new Date().toISOString().slice(0, 10);
    const ending = [{ roles: 'all', sections: 'all', from: '2020-01-01', until: today }] as const;
    await send(version, changed('T9A', { view: [...ending] }));
    passSeconds(5);
    expect((await readAllergies()).status).toBe(200);
    passSeconds(24 * 3600);
    const ended = await readAllergies();
    expect([ended.status, ended.code]).toEqual([403, 'NO_AGREEMENT']);
  });

  it('that shut everybody out can be put right, for their permission needs no agreement to view', async () => {
    const { version } = await read();
    expect((await send(version, [])).status).toBe(200);
    passSeconds(5);
    expect((await readAllergies()).code).toBe('NO_AGREEMENT');
    expect((await send(version + 1, policy.agreements)).status).toBe(200);
    passSeconds(5);
    expect((await readAllergies()).status).toBe(200);
  });

  it.each([
    ['an organisation that is not listed', 'T9Z', 'agreements.0.organisation: is not listed here'],
    ['an organisation twice', 'T9A', 'agreements.1.organisation: has an agreement already'],
  ])('are refused whole: %s', async (_what, organisation, diagnostics) => {
    const { version } = await read();
    const empty = { view: [], share: [] };
    const others = organisation === 'T9A' ? [{ organisation: 'T9A', ...empty }] : [];
    const refused = await send(version, [...others, { organisation, ...empty }]);
    expect([refused.status, refused.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(refused.text).toContain(diagnostics);
    expect((await read()).version).toBe(version);
  });

  it.each(['clinician', 'steward', 'feed', 'application'] as const)('are nothing to a %s', async (role) => {
    const asked = { caller: { role }, body: { version: 0, agreements: [] } };
    expect((await region.call('apply-agreements', asked)).code).toBe('FORBIDDEN_ROLE');
    expect((await region.call('read-agreements', { caller: { role } })).code).toBe('FORBIDDEN_ROLE');
  });
});

describe('the simulator', () => {
  const simulate = (body: object, caller: object = officer) =>
    region.call<Simulation>('simulate-access', {
      caller,
      body: { patient: personId, role: 'clinician', organisation: 'T9A', ...body },
    });
  const section = (simulation: Simulation, code: string) =>
    simulation.sections.find((one) => one.section === code);

  it('says what would be seen, by section and source, and why: what a reader sees, and nothing that stands there', async () => {
    const { body, status, text } = await simulate({});
    expect(status).toBe(200);
    expect(body).toMatchObject({ allowed: true, relationships: [{ kind: 'feed' }] });
    const sources = section(body, 'allergies')?.sources.map(({ because, organisation, shown }) => [
      organisation,
      shown,
      because,
    ]);
    expect(sources).toEqual([
      ['T9A', true, 'own-record'],
      ['T9B', true, 'agreement'],
      ['T9M', false, 'no-share-agreement'],
    ]);
    expect(section(body, 'allergies')?.sources.map(({ labels }) => labels)).toEqual([
      'all',
      expect.arrayContaining(['N']),
      expect.arrayContaining(['N']),
    ]);
    expect(text).not.toMatch(/Canary|999/);
    expect((await readAllergies()).found).toBe(2);
  });

  it('tries agreements that are proposed, and changes none', async () => {
    const { version } = await read();
    const agreements = changed('T9A', {
      view: [{ roles: ['gp'], sections: ['alerts'], from: '2020-01-01' }],
    });
    const asClinician = (await simulate({ agreements })).body;
    expect([asClinician.allowed, asClinician.code]).toEqual([false, 'NO_AGREEMENT']);
    const asGp = (await simulate({ agreements, role: 'gp' })).body;
    expect(section(asGp, 'alerts')).toMatchObject({ opens: true, because: 'agreement' });
    expect(section(asGp, 'allergies')).toMatchObject({
      opens: false,
      because: 'no-view-agreement',
      sources: [],
    });
    expect((await read()).version).toBe(version);
  });

  it('names the role that may not open a section, and the relationship that is missing', async () => {
    const clerk = (await simulate({ role: 'clerk' })).body;
    expect(section(clerk, 'allergies')).toMatchObject({ opens: false, because: 'role' });
    const unrelated = (await simulate({ organisation: 'Y90001' })).body;
    expect(unrelated).toMatchObject({ allowed: false, code: 'NO_RELATIONSHIP', relationships: [] });
    expect(section(unrelated, 'allergies')).toMatchObject({ opens: false, because: 'closed-record' });
  });

  it('names an objection, which it does not hide from those who answer for it', async () => {
    const consent = (type: string) => ({
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: personId },
      provision: { type },
    });
    await region.call('record-objection', { body: consent('deny') });
    expect((await simulate({})).body).toMatchObject({ allowed: false, code: 'NO_PATIENT_CONSENT' });
    await region.call('record-objection', { body: consent('permit') });
  });

  it('is for the officer alone, and in the patient’s own list of who looked', async () => {
    expect((await simulate({}, { role: 'clinician' })).code).toBe('FORBIDDEN_ROLE');
    expect((await simulate({ patient: 'nobody' })).status).toBe(404);
    const [entry] = (await region.auditEntries()).filter(({ operation }) => operation === 'simulate-access');
    expect(entry).toMatchObject({ personId, outcome: 'success', action: 'R', resourceCount: 0 });
    expect(region.logs()).not.toMatch(/Canary/);
  });
});
