import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import type { Bundle, BundleEntry, DiagnosticReport } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { routes } from '../../../functions/api/routes.ts';
import { sensitiveCategories } from '../../../functions/domain/access/sensitive-codes.ts';
import { type SectionCode, sectionCodes } from '../../../functions/domain/record/section-codes.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';

let region: TestRegion;
let serial = 0;

beforeAll(async () => {
  // A time of day in an answer would tell two answers apart.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-21T09:00:00Z') });
  region = await openTestRegion();
});
afterAll(async () => {
  await region?.close();
  vi.useRealTimers();
});

type Resource = { resourceType: string; id: string } & Record<string, unknown>;

const senders = ['T9B', 'Y90001'] as const;
type Sender = (typeof senders)[number];

async function send(organisation: string, ...resources: Resource[]): Promise<string> {
  const { body, status } = await region.call('submit-bundle', {
    caller: { role: 'feed', purpose: 'feed', organisation },
    body: makeBundle(...resources),
    headers: { 'X-Request-ID': randomUUID() },
  });
  expect(status).toBe(200);
  return body.entry?.[0]?.response?.location?.match(/Patient\/([^/]+)/)?.[1] ?? '';
}

/** A person of T9A, T9B and the practice, under `id` at each. */
async function register(): Promise<{ id: string; personId: string }> {
  serial += 1;
  const id = `sensitive-${serial}`;
  const patient = makePatient({ id, ...makeStranger(500 + serial), nhsNumber: testNhsNumber(500 + serial) });
  let personId = '';
  for (const ods of ['T9A', ...senders]) personId = await send(ods, patient);
  return { id, personId };
}

const about = (id: string) => ({ subject: { reference: `Patient/${id}` } });
const canary = 'CANARY-OF-A-SECRET';

const makers: Record<string, (id: string, patient: string, more: object) => Resource> = {
  allergies: (id, patient, more) => ({ ...makeAllergy(id, patient), ...more }),
  conditions: (id, patient, more) => ({
    ...{ resourceType: 'Condition', id, ...about(patient), recordedDate: '2024-03-03' },
    ...{ code: { text: 'Asthma' }, ...more },
  }),
  medications: (id, patient, more) => ({
    ...{ resourceType: 'MedicationRequest', id, ...about(patient), authoredOn: '2024-04-04' },
    ...{ status: 'active', intent: 'order', medicationCodeableConcept: { text: 'Paracetamol' }, ...more },
  }),
  results: (id, patient, more) => ({
    ...{ resourceType: 'Observation', id, ...about(patient), effectiveDateTime: '2024-05-05' },
    ...{ status: 'final', code: { text: 'Sodium' }, ...more },
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' },
        ],
      },
    ],
  }),
};
const made = Object.keys(makers) as SectionCode[];
const label = (code: string) => ({
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code }] },
});
/** Ways in which an entry comes to be withheld. */
const secrets: readonly object[] = [
  ...['R', 'V', 'PSY', 'HIV', 'ETH', 'SEALED'].map(label),
  ...sensitiveCategories.map(({ terms }) => ({ note: [{ text: `${terms[0]} ${canary}` }] })),
  { contained: [{ resourceType: 'Medication', id: 'm', ...label('R'), code: { text: canary } }] },
];

const section = async (personId: string, code: string, organisation = 'T9A') =>
  (await region.call<Bundle>('read-section', { caller: { organisation }, path: { id: personId, code } }))
    .body;
const shownOf = ({ entry = [] }: Bundle): BundleEntry[] =>
  entry.filter(({ search }) => search?.mode === 'match');

describe('a sensitive entry', () => {
  it('is kept from others by code, ingredient, word or label, and shown to its sender', async () => {
    const { id, personId } = await register();
    const resources = secrets.map((secret, index) =>
      makers.medications?.(`secret-${index}`, id, { ...secret, dosageInstruction: [{ text: `${index}` }] }),
    ) as Resource[];
    await send('T9B', ...resources);
    expect(shownOf(await section(personId, 'medications'))).toEqual([]);
    expect(JSON.stringify(await section(personId, 'medications'))).not.toContain(canary);
    expect(shownOf(await section(personId, 'medications', 'T9B'))).toHaveLength(resources.length);
    expect(region.logs()).not.toContain(canary);
  });

  it('takes the references to it along, without a gap, and other references stay', async () => {
    const { id, personId } = await register();
    const observation = (name: string, more: object = {}) => makers.results?.(name, id, more) as Resource;
    await send('T9B', observation('open-1'), observation('hidden-1', label('V')), {
      resourceType: 'DiagnosticReport',
      id: 'report-1',
      status: 'final',
      ...about(id),
      code: { text: 'Blood tests' },
      effectiveDateTime: '2024-05-06',
      result: [
        { reference: 'Observation/open-1' },
        { reference: 'Observation/hidden-1', display: canary },
        { reference: 'Observation/never-sent' },
      ],
      basedOn: [{ reference: 'Observation/hidden-1', display: canary }],
    });
    const report = async (organisation: string) =>
      shownOf(await section(personId, 'results', organisation)).find(
        ({ resource }) => resource?.resourceType === 'DiagnosticReport',
      )?.resource as DiagnosticReport;
    const [theirs, own] = [await report('T9A'), await report('T9B')];
    expect(own.result).toHaveLength(3);
    expect(theirs.result).toEqual([own.result?.[0], own.result?.[2]]);
    expect(theirs).not.toHaveProperty('basedOn');
    expect(JSON.stringify(theirs)).not.toContain(canary);
    const path = { type: 'DiagnosticReport', id: theirs.id ?? '' };
    const read = await region.call<DiagnosticReport>('read-resource', { path });
    expect([read.status, read.text]).toEqual([200, expect.any(String)]);
    expect(read.body.result).toEqual(theirs.result);
    expect(read.text).not.toContain(canary);
  });

  it('takes a reference along too where its organisation does not share that section', async () => {
    const { id, personId } = await register();
    await send(
      'T9M',
      makePatient({ id, ...makeStranger(500 + serial), nhsNumber: testNhsNumber(500 + serial) }),
    );
    await send('T9M', makers.conditions?.('own-condition', id, {}) as Resource, {
      resourceType: 'CarePlan',
      id: 'plan-1',
      status: 'active',
      intent: 'plan',
      ...about(id),
      addresses: [{ reference: 'Condition/own-condition', display: canary }],
    });
    const [plan] = shownOf(await section(personId, 'care-plans'));
    expect(plan?.resource?.resourceType).toBe('CarePlan');
    expect(plan?.resource).not.toHaveProperty('addresses');
  });
});

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

describe('a relative', () => {
  it('is shown without where they live, in words or otherwise', async () => {
    const { id, personId } = await register();
    await send('T9B', {
      resourceType: 'RelatedPerson',
      id: `relative-${serial}`,
      patient: { reference: `Patient/${id}` },
      name: [{ text: 'Joy Weir' }],
      telecom: [{ system: 'phone', value: '01632 960001' }],
      address: [{ line: [canary] }],
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${canary}</div>` },
    });
    const text = JSON.stringify(await section(personId, 'demographics'));
    expect(text).toContain('01632 960001');
    expect(text).not.toContain(canary);
  });
});

/** The answers of every route that reads the record, to a clinician of T9A; a cursor's bytes are random, its length is not. */
async function answers(personId: string): Promise<string[]> {
  const texts: string[] = [];
  for (const { method, operation, path, permission, query } of routes) {
    if (method !== 'GET' || (permission !== 'record.read' && permission !== 'patient.read')) continue;
    if (operation === 'read-binary' || !existsSync(`functions/api/${operation}.ts`)) continue;
    for (const code of path.includes('{code}') ? sectionCodes : [''])
      for (const type of path.includes('{type}') ? ['Condition', 'Observation', 'MedicationRequest'] : ['']) {
        const asksPatient = query.some(({ name, required }) => name === 'patient' && required);
        let cursor: string | undefined;
        do {
          const answer = await region.call<Bundle>(operation, {
            path: { id: personId, ...(code && { code }), ...(type && { type }) },
            query: {
              ...(asksPatient && { patient: personId }),
              ...(query.some(({ name }) => name === '_count') && { _count: '3' }),
              ...(cursor && { _cursor: cursor }),
            },
            headers: { 'X-Request-ID': '0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001' },
          });
          const next = answer.body.link?.find(({ relation }) => relation === 'next')?.url;
          cursor = next && (new URL(next).searchParams.get('_cursor') ?? undefined);
          const text = cursor ? answer.text.replaceAll(cursor, `cursor of ${cursor.length}`) : answer.text;
          // A document has an id of its own each time.
          const known = text.replaceAll(uuid, (found) => (found === personId ? found : 'another id'));
          texts.push(
            `${operation} ${code}${type} ${answer.status} ${JSON.stringify(answer.headers)} ${known}`,
          );
        } while (cursor);
      }
  }
  return texts;
}

describe('what is withheld', () => {
  it('gives the same bytes, pages, states and sizes whether it is one entry or many, of whatever kind and sender', async () => {
    const { id, personId } = await register();
    for (const ods of senders)
      await send(
        ods,
        // The practice shows no allergy: what it holds of them is withheld, if there is any.
        ...made
          .filter((code) => code !== 'allergies' || ods !== 'Y90001')
          .flatMap((code) =>
            ['a', 'b', 'c'].map((name) => makers[code]?.(`${ods}-${code}-${name}`, id, {}) as Resource),
          ),
      );
    await send('T9B', ...made.map((code) => makers[code]?.(`one-${code}`, id, label('R')) as Resource));
    const one = await answers(personId);
    expect(one.length).toBeGreaterThan(sectionCodes.length);

    const anySecret = fc.record({
      sender: fc.constantFrom<Sender>(...senders),
      code: fc.constantFrom(...made),
      secret: fc.constantFrom(...secrets),
      date: fc.constantFrom('2019-01-01', '2024-05-05', '2025-09-09'),
    });
    // More than a page of one sender who shows nothing.
    const page = [1, 2, 3, 4, 5].map((n) => makers.allergies?.(`page-${n}`, id, label('V')) as Resource);
    await send('Y90001', ...page);
    expect((await answers(personId)).filter((text, index) => text !== one[index])).toEqual([]);
    await fc.assert(
      fc.asyncProperty(fc.array(anySecret, { minLength: 1, maxLength: 6 }), async (more) => {
        for (const { code, date, secret, sender } of more) {
          serial += 1;
          const dated = {
            ...(code === 'allergies' && { recordedDate: date }),
            ...(code === 'conditions' && { recordedDate: date }),
            ...(code === 'medications' && { authoredOn: date }),
            ...(code === 'results' && { effectiveDateTime: date }),
          };
          await send(sender, makers[code]?.(`more-${serial}`, id, { ...secret, ...dated }) as Resource);
        }
        const many = await answers(personId);
        const changed = many.filter((text, index) => text !== one[index]);
        expect(changed.map((text) => text.slice(0, 60))).toEqual([]);
        expect(many.length).toBe(one.length);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
