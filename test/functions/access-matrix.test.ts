import { randomUUID } from 'node:crypto';
import type { Bundle } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Route, routes } from '../../functions/api/routes.ts';
import { requestExamples } from '../../functions/api/schemas.ts';
import { regionPolicySchema } from '../../functions/domain/access/region-policy.ts';
import { type Role, roles } from '../../functions/domain/access/roles.ts';
import { openTestRegion, type TestRegion, type TestRequest } from '../support/operations.ts';
import { makeBundle, makePatient, makeStranger, testNhsNumber } from '../support/people.ts';
import { policy as usual } from '../support/policy.ts';

/*
 * Every cell of role × organisation × route × state of the patient × state of the item. The cells come from the tables of
 * the code (routes, roles); what is expected in each comes from the rules as they are written down here, and from nothing else.
 */

const from = '2020-01-01';
const policy = regionPolicySchema.parse({
  ...usual,
  organisations: [
    ...usual.organisations,
    { ods: 'T9N', name: 'Neighbour', type: 'acute-trust', region: 'neighbour' },
  ],
  agreements: [
    ...usual.agreements,
    { organisation: 'T9N', view: [{ roles: 'all', sections: 'all', from }], share: [] },
  ],
  searchQuotas: { person: { aMinute: 400, anHour: 5_000 } },
});

/** With a record of the patient, sharing all or a part; only viewing; a neighbour; only sending; without agreement. */
const organisations = ['T9A', 'T9B', 'T9M', 'VT9C1', 'T9N', 'T9S', 'T9Z'] as const;
type Ods = (typeof organisations)[number];
const senders = ['T9A', 'T9B', 'T9M'] as const;

const purposes: Partial<Record<Role, string>> = {
  steward: 'administration',
  'privacy-officer': 'audit',
  feed: 'feed',
};

const readers: readonly Role[] = ['clinician', 'gp', 'paramedic', 'care-home', 'clerk'];
const finders: readonly Role[] = [...readers, 'steward', 'application'];
const everywhere: readonly Role[] = ['clinician', 'gp', 'paramedic', 'care-home'];

/** Who may use an operation. An operation that is not here has no rule, and no test: the first of the tests below fails. */
const mayUse: Readonly<Record<string, readonly Role[]>> = {
  'match-patient': finders,
  'search-patients': finders,
  'read-patient': readers,
  'list-sections': readers,
  'read-section': readers,
  // Its sections are not open to a clerk, and it has all of them or none.
  'read-summary': everywhere,
  'read-everything': readers,
  'search-resources': readers,
  'read-resource': readers,
  'read-binary': readers,
  'break-glass': ['clinician', 'gp', 'paramedic'],
  'submit-bundle': ['feed'],
  'submit-hl7v2': ['feed'],
  'process-message': ['feed'],
  'create-resource': ['feed'],
  'update-resource': ['feed'],
  'list-rejects': ['feed', 'steward'],
  'read-reject': ['feed', 'steward'],
  'read-intake': ['feed', 'steward'],
  'merge-patients': ['steward'],
  'unmerge-patient': ['steward'],
  'list-link-history': ['steward'],
  'list-review-tasks': ['steward'],
  'decide-review-task': ['steward'],
  'record-objection': ['clinician', 'gp', 'privacy-officer'],
  'list-objections': ['clinician', 'gp', 'privacy-officer'],
  'search-audit-events': ['privacy-officer'],
  'get-audit-receipt': ['privacy-officer'],
  'list-privacy-alerts': ['privacy-officer'],
  'review-privacy-alert': ['privacy-officer'],
  'read-agreements': ['privacy-officer'],
  'apply-agreements': ['privacy-officer'],
  'simulate-access': ['privacy-officer'],
  'read-usage': ['steward', 'privacy-officer'],
};
/** What an organisation that may not view may do all the same, and what only staff of the region itself may do. */
const withoutViewing =
  /^(submit-|process-|create-resource|update-resource|.*reject|.*intake|.*agreements|simulate-)/;
const ownRegionOnly = /^(merge-|unmerge-|list-link|list-review|decide-review|.*agreements|simulate-)/;

const states = [
  'plain',
  'merged',
  'deceased',
  'partly',
  'objected',
  'restricted',
  'invalid',
  'longdead',
  'unrelated',
  'unknown',
  'quarantined',
] as const;
type State = (typeof states)[number];

const items = ['open', 'sensitive', 'sealed', 'mistaken'] as const;
/** The sections in which items of all states stand, and the roles that may open them. */
const opens: Readonly<Record<string, readonly Role[]>> = {
  conditions: everywhere,
  alerts: everywhere,
  documents: ['clinician', 'gp', 'paramedic'],
};

const canary = (state: State, ods: string, section: string, item: string) =>
  `CNRY-${state}-${ods}-${section}-${item}-`;
const anyCanary = /CNRY-[a-z]+-[A-Z0-9]+-[a-z]+-[a-z]+-/g;
const nameOf = (state: State) => `Canary${state}`;
const roadOf = (state: State) => `Canaryroad${state}`;

interface Expected {
  /** The code of the refusal; the answer is 200 without one. */
  readonly code?: string;
}

/** What a caller gets before any patient is looked at; undefined when they may go on. */
function refusedAtOnce(operation: string, role: Role, ods: Ods): string | undefined {
  if (ods === 'T9Z') return 'NO_AGREEMENT';
  if (ods === 'T9S' && !withoutViewing.test(operation)) return 'NO_AGREEMENT';
  if (!mayUse[operation]?.includes(role)) return 'FORBIDDEN_ROLE';
  if (ods === 'T9N' && ownRegionOnly.test(operation)) return 'FORBIDDEN_ROLE';
  return undefined;
}

/** What a reader is told of a patient. */
function expectedOf(state: State, ods: Ods): Expected {
  const isRelated =
    state !== 'unknown' && state !== 'quarantined' && (state !== 'unrelated' || ods === 'T9B');
  if (!isRelated) return { code: 'NO_RELATIONSHIP' };
  if (state === 'restricted' || state === 'invalid' || state === 'longdead')
    return { code: 'PATIENT_NOT_FOUND' };
  if (state === 'objected') return { code: 'NO_PATIENT_CONSENT' };
  return {};
}

/** The canaries of a section that are shown to a caller who may open the record. */
function shownIn(section: string, state: State, role: Role, ods: Ods): string[] {
  if (!opens[section]?.includes(role)) return [];
  return senders
    .filter((sender) => state !== 'unrelated' || sender === 'T9B')
    .flatMap((sender) => {
      const isOwn = sender === ods;
      const isShared = sender !== 'T9M' || section === 'alerts';
      const isWanted = !(state === 'partly' && sender === 'T9B');
      const shown = items.filter((item) => {
        if (item === 'mistaken') return false;
        return isOwn || (item === 'open' && isShared && isWanted);
      });
      return shown.map((item) => canary(state, sender, section, item));
    });
}

let region: TestRegion;
const ids = new Map<State, string>();
/** Ids of what T9B has sent openly: a document's body, and a condition. */
const documents = new Map<State, string>();
const conditions = new Map<State, string>();
const numbers = new Map<State, string>();

const ods = (value: string) => ({
  identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value },
});
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

/** One entry of a section in each state of an item. */
function makeItems(state: State, sender: string, section: string, subject: { reference: string }) {
  return items.map((item) => {
    const text = `${canary(state, sender, section, item)}${item === 'sensitive' ? ' HIV' : ''}`;
    const id = `${state}-${section}-${item}`;
    const meta = item === 'sealed' && { meta: { security: [{ system: confidentiality, code: 'V' }] } };
    const mistaken = item === 'mistaken';
    if (section === 'conditions') {
      const verificationStatus = {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status',
            code: mistaken ? 'entered-in-error' : 'confirmed',
          },
        ],
      };
      return {
        ...{ resourceType: 'Condition', id, ...meta, verificationStatus, code: { text }, subject },
        recordedDate: '2025-05-05',
      };
    }
    if (section === 'alerts')
      return {
        ...{ resourceType: 'Flag', id, ...meta, status: mistaken ? 'entered-in-error' : 'active' },
        ...{ code: { text }, subject, period: { start: '2025-05-05' } },
      };
    return {
      ...{
        resourceType: 'DocumentReference',
        id,
        ...meta,
        status: mistaken ? 'entered-in-error' : 'current',
      },
      ...{ description: text, subject, date: '2025-05-05T09:00:00Z' },
      content: [{ attachment: { contentType: 'text/plain', data: letter(text) } }],
    };
  });
}

/** Long enough to be kept apart from its entry. */
const letter = (text: string) => Buffer.from(`${text} ${'a long letter '.repeat(700)}`).toString('base64');

async function feed(organisation: string, ...resources: { resourceType: string; id: string }[]) {
  const { body, status, text } = await region.call('submit-bundle', {
    caller: { role: 'feed', purpose: 'feed', organisation },
    body: makeBundle(...resources),
    headers: { 'X-Request-ID': randomUUID() },
  });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return body.entry?.[0]?.response?.location?.match(/Patient\/([^/]+)/)?.[1] ?? '';
}

async function seed(state: State, index: number): Promise<void> {
  const nhsNumber = testNhsNumber(900 + index);
  const id = `matrix-${state}`;
  const made = makePatient({
    ...{ id, ...makeStranger(900 + index * 7), nhsNumber, family: nameOf(state) },
    ...(state === 'quarantined' && { status: '02' }),
    ...(state === 'restricted' && { restricted: true }),
    ...(state === 'deceased' && {
      deceased: new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10),
    }),
    ...(state === 'longdead' && { deceased: '2019-01-01' }),
  });
  const patient = {
    ...made,
    ...(state === 'invalid' && { meta: { security: [{ code: 'REDACTED' }] } }),
    address: [{ line: [`1 ${roadOf(state)}`], postalCode: made.address[0]?.postalCode }],
  };
  const subject = { reference: `Patient/${id}` };
  const relative = {
    resourceType: 'RelatedPerson',
    id: `${state}-relative`,
    patient: subject,
    address: [{ line: [`1 ${roadOf(state)}`] }],
  };
  let personId = '';
  for (const sender of state === 'unrelated' ? (['T9B'] as const) : senders) {
    const entries = Object.keys(opens).flatMap((section) => makeItems(state, sender, section, subject));
    personId = await feed(sender, patient, ...(entries as { resourceType: string; id: string }[]));
  }
  if (state !== 'unrelated')
    await feed(
      'T9B',
      relative,
      ...['VT9C1', 'T9N'].map((provider) => ({
        ...{ resourceType: 'Encounter', id: `${state}-at-${provider}`, status: 'in-progress', subject },
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        serviceProvider: ods(provider),
        period: { start: '2026-01-01' },
      })),
    );
  numbers.set(state, nhsNumber);
  ids.set(state, state === 'quarantined' ? randomUUID() : personId);
}

async function object(state: State, provision: object): Promise<void> {
  const { status } = await region.call('record-objection', {
    caller: { role: 'privacy-officer', purpose: 'audit' },
    body: {
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: `Patient/${ids.get(state)}` },
      provision: { type: 'deny', ...provision },
    },
  });
  expect(status).toBe(201);
}

async function merge(): Promise<void> {
  const former = await feed(
    'T9B',
    makePatient({ id: 'matrix-former', ...makeStranger(899), sentAt: '2020-01-01T00:00:00Z' }),
  );
  const { status } = await region.call('merge-patients', {
    caller: { role: 'steward', purpose: 'administration' },
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'source-patient', valueReference: { reference: `Patient/${former}` } },
        { name: 'target-patient', valueReference: { reference: `Patient/${ids.get('merged')}` } },
      ],
    },
  });
  expect(status).toBe(200);
  ids.set('merged', former);
}

beforeAll(async () => {
  region = await openTestRegion({ policyChanges: policy });
  for (const [index, state] of states.entries()) if (state !== 'unknown') await seed(state, index);
  ids.set('unknown', randomUUID());
  await merge();
  await object('objected', {});
  await object('partly', {
    actor: [
      {
        role: { coding: [{ system: participation, code: 'CST' }] },
        reference: ods('T9B'),
      },
    ],
  });
  for (const item of await region.recordItems()) {
    const text = JSON.stringify(item);
    const [, state] = /CNRY-([a-z]+)-T9B-documents-open-/.exec(text) ?? [];
    const [, document] = /Binary\/([0-9a-f]{32})/.exec(text) ?? [];
    if (item.type === 'ClinicalEntry' && state && document) documents.set(state as State, document);
    const [, whose] = /CNRY-([a-z]+)-T9B-conditions-open-/.exec(text) ?? [];
    if (item.type === 'ClinicalEntry' && whose) conditions.set(whose as State, String(item.entryId));
  }
});
afterAll(() => region?.close());

const callers = (Object.keys(roles) as Role[]).flatMap((role) =>
  organisations.map((organisation) => ({ role, organisation })),
);
type MatrixCaller = (typeof callers)[number];

const asked = routes.filter(({ permission }) => permission !== 'open');
const aboutPatients = [
  'read-patient',
  'list-sections',
  'read-section',
  'read-summary',
  'read-everything',
  'search-resources',
  'read-resource',
  'read-binary',
];

function pathOf({ operation, path }: Route, personId: string): Record<string, string> {
  const ids: Record<string, string> = {
    'get-audit-receipt': '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'read-binary': '0'.repeat(32),
    'read-resource': '0'.repeat(32),
  };
  const values = { id: ids[operation] ?? personId, code: 'conditions', type: 'Condition' };
  return Object.fromEntries(Object.entries(values).filter(([name]) => path.includes(`{${name}}`)));
}

function requestOf(route: Route, { organisation, role }: MatrixCaller, personId: string): TestRequest {
  const example = route.requestSchema && (requestExamples as Record<string, object>)[route.requestSchema];
  const known = JSON.stringify(example ?? {}).replaceAll(/00000000-0000-4000-8000-00000000000\d/g, personId);
  const isText = route.operation === 'submit-hl7v2';
  return {
    caller: {
      ...{ role, organisation, subject: `${role}-${organisation}` },
      purpose: purposes[role] ?? 'directcare',
    },
    path: pathOf(route, personId),
    query: Object.fromEntries(
      route.query.flatMap(({ name }) =>
        name === 'patient' ? [[name, personId]] : name === '_count' ? [[name, '100']] : [],
      ),
    ),
    ...(route.method !== 'GET' && { body: isText ? 'MSH|^~\\&|' : known }),
    headers: {
      'X-Request-ID': randomUUID(),
      ...(isText && { 'Content-Type': 'application/hl7-v2' }),
    },
  };
}

const canariesIn = (text: string) => new Set(text.match(anyCanary) ?? []);

/** The canaries of an answer: those of a document lie in base64 or in bytes. */
async function ask(operation: string, request: TestRequest) {
  const answer = await region.call<Bundle>(operation, request);
  return { ...answer, all: `${answer.text} ${JSON.stringify(answer.headers)}` };
}

describe('the access matrix', () => {
  it('has a rule for every route that needs a caller, and a canary in every item', () => {
    expect(asked.map(({ operation }) => operation).filter((one) => !mayUse[one])).toEqual([]);
    expect(documents.size).toBe(states.length - 1);
  });

  it('refuses every role and organisation that may not use a route, before any patient, alike for all', async () => {
    const wrong: string[] = [];
    const known = ids.get('plain') ?? '';
    for (const route of asked)
      for (const caller of callers) {
        const expected = refusedAtOnce(route.operation, caller.role, caller.organisation);
        if (!expected) continue;
        const isAbout = /patient|\{id\}/i.test(`${route.path} ${route.query.map(({ name }) => name)}`);
        for (const personId of isAbout ? [known, ids.get('unknown') ?? ''] : [known]) {
          const answer = await ask(route.operation, requestOf(route, caller, personId));
          // A feed is read before its sender's role: what is malformed as well may be told so. It names no patient.
          const isFeed = route.permission === 'record.write' && answer.status === 400;
          if (!isFeed && (answer.status !== 403 || answer.code !== expected))
            wrong.push(
              `${route.operation} ${caller.role} ${caller.organisation}: ${answer.status} ${answer.code}`,
            );
          if (canariesIn(answer.all).size > 0 || answer.all.includes('Canary'))
            wrong.push(`leak: ${route.operation}`);
        }
      }
    expect(wrong.slice(0, 30)).toEqual([]);
  }, 300_000);

  it('shows of every patient and item what the rules allow, and nothing else anywhere in an answer', async () => {
    const wrong: string[] = [];
    let cells = 0;
    for (const operation of aboutPatients) {
      const route = asked.find((one) => one.operation === operation);
      if (!route) throw new Error(`no route is named ${operation}`);
      for (const caller of callers) {
        const { organisation, role } = caller;
        if (refusedAtOnce(operation, role, organisation)) continue;
        for (const state of states)
          for (const section of operation === 'read-section' ? Object.keys(opens) : ['conditions']) {
            cells += 1;
            const cell = `${operation} ${section} ${role} ${organisation} ${state}`;
            const request = requestOf(route, caller, ids.get(state) ?? '');
            const isBinary = operation === 'read-binary';
            const single = isBinary ? documents : operation === 'read-resource' ? conditions : undefined;
            const id = single ? (single.get(state) ?? '0'.repeat(32)) : (ids.get(state) ?? '');
            const path = {
              ...request.path,
              ...(request.path?.id && { id }),
              ...(request.path?.code && { code: section }),
            };
            const answer = await ask(operation, { ...request, path });
            const { code: told } = expectedOf(state, organisation);
            // One thing of somebody who may not be seen is a thing that is not there.
            const isKept =
              single && !told && !allowedIn(operation, section, state, role, organisation).length;
            const code = (single && told === 'PATIENT_NOT_FOUND') || isKept ? 'NO_RELATIONSHIP' : told;
            const shown = code ? [] : allowedIn(operation, section, state, role, organisation);
            const seen = canariesIn(
              isBinary ? Buffer.from(answer.text, 'base64').toString() + answer.all : answer.all,
            );
            for (const found of seen) if (!shown.includes(found)) wrong.push(`${cell}: leaks ${found}`);
            if (code && (answer.all.includes('Canary') || answer.status === 200))
              wrong.push(`${cell}: answers ${answer.status}`);
            if (isClosedSection(operation, section, role)) {
              if (answer.code !== 'FORBIDDEN_ROLE') wrong.push(`${cell}: ${answer.status} ${answer.code}`);
            } else if (code && answer.code !== code) wrong.push(`${cell}: ${answer.status} ${answer.code}`);
            else if (!code && isComplete(operation))
              for (const missing of shown) if (!seen.has(missing)) wrong.push(`${cell}: lacks ${missing}`);
          }
      }
    }
    expect(wrong.slice(0, 30)).toEqual([]);
    expect(cells).toBeGreaterThan(2_000);
  }, 300_000);

  it('finds nobody by match who is restricted, invalid or unverified, and tells no search where a restricted person is', async () => {
    const wrong: string[] = [];
    for (const { organisation, role } of callers) {
      // Who is found does not hang on the organisation; which may not ask at all was seen above.
      if (!['T9A', 'T9N'].includes(organisation) || refusedAtOnce('match-patient', role, organisation))
        continue;
      const caller = { role, organisation, subject: `finder-${role}-${organisation}`, purpose: 'directcare' };
      for (const state of states) {
        if (state === 'unknown') continue;
        const [index] = [states.indexOf(state)];
        const { birthDate } = makeStranger(900 + index * 7);
        const sought = makePatient({ nhsNumber: numbers.get(state) ?? '', family: nameOf(state), birthDate });
        const { id: _, ...resource } = sought;
        const matched = await ask('match-patient', {
          caller,
          body: { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] },
        });
        const found = matched.all.includes(nameOf(state));
        const isHidden = state === 'restricted' || state === 'invalid' || state === 'quarantined';
        if (found === isHidden)
          wrong.push(`match ${role} ${organisation} ${state}: ${matched.status} ${found}`);
        const searched = await ask('search-patients', {
          caller,
          query: { family: nameOf(state), birthdate: birthDate },
        });
        const isNobody = state === 'invalid' || state === 'quarantined';
        if (isNobody && searched.all.includes(nameOf(state)))
          wrong.push(`search ${role} ${organisation} ${state}`);
        if ((isHidden || isNobody) && `${matched.all}${searched.all}`.includes(roadOf(state)))
          wrong.push(`place ${role} ${organisation} ${state}`);
        if (canariesIn(`${matched.all}${searched.all}`).size > 0) wrong.push(`leak ${state}`);
      }
    }
    expect(wrong.slice(0, 30)).toEqual([]);
  });

  it('leaves no canary in a log, and one audit entry at least for each answer', async () => {
    expect(region.logs()).not.toMatch(/CNRY|Canary/);
    expect((await region.auditEntries()).length).toBeGreaterThan(5_000);
  });
});

/** The canaries that an answer of the operation may hold. */
function allowedIn(
  operation: string,
  section: string,
  state: State,
  role: Role,
  organisation: Ods,
): string[] {
  const inSections = (...sections: readonly string[]) =>
    sections.flatMap((one) => shownIn(one, state, role, organisation));
  const ofOne = (one: string) =>
    inSections(one).filter((found) => found === canary(state, 'T9B', one, 'open'));
  switch (operation) {
    case 'read-patient':
    case 'list-sections':
      return [];
    case 'read-section':
      return inSections(section);
    case 'search-resources':
      return inSections('conditions');
    case 'read-resource':
      return ofOne('conditions');
    case 'read-binary':
      return ofOne('documents');
    default:
      return inSections(...Object.keys(opens));
  }
}

/** True where the role may not open the one section that is asked for. */
function isClosedSection(operation: string, section: string, role: Role): boolean {
  const isOne = ['read-section', 'search-resources', 'read-resource'].includes(operation);
  return isOne && !opens[section]?.includes(role);
}

/** A summary chooses, and of a document only the bytes of one are asked for. */
function isComplete(operation: string): boolean {
  return ['read-section', 'read-everything', 'search-resources', 'read-resource'].includes(operation);
}
