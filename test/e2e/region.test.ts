import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AuditEvent, Binary, Bundle, DocumentReference, OperationOutcome, Patient } from 'fhir/r4.js';
import { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { readDemoFile } from '../../local/demo/demo-file.ts';
import { makeDemoRegion } from '../../local/demo/demo-region.ts';
import { writeFrame } from '../../local/mllp/frames.ts';
import { message, msh, pid } from '../functions/formats/hl7v2/support.ts';
import { fhirProblems } from '../support/validate-answer.ts';
import { openFhirKitClient } from './clients/fhir-kit-client.ts';
import { openMedplumClient } from './clients/medplum-client.ts';
import { openSmartClient } from './clients/smart-client.ts';
import { matchesIn } from './clients/standard-client.ts';
import { type RunningProcess, runCommand, runLine, spawnTowpath, startProcess } from './running-region.ts';

let dataDir: string;
let region: RunningProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'towpath-e2e-'));
  region = await startProcess(dataDir);
});
afterAll(async () => {
  await region?.kill();
  await rm(dataDir, { recursive: true, force: true });
});

const tokens = new Map<string, string>();

async function tokenOf(user: string): Promise<string> {
  const held = tokens.get(user);
  if (held !== undefined) return held;
  const { code, err, out } = await runCommand('token', '--as', user, '--data', dataDir);
  if (code !== 0) throw new Error(err);
  tokens.set(user, out.trim());
  return out.trim();
}

/** The parsed body of an answer, of which each test checks what it needs. */
function bundleOf(body: unknown): Bundle {
  return body as Bundle;
}

async function get(user: string, url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${region.run.baseUrl}${url}`, {
    headers: { Authorization: `Bearer ${await tokenOf(user)}` },
  });
  const body: unknown = await response.json();
  expect([url, fhirProblems(body)]).toEqual([url, []]);
  return { status: response.status, body };
}

function errorCode(body: unknown): string | undefined {
  return (body as OperationOutcome).issue[0]?.details?.coding?.[0]?.code;
}

async function heroes() {
  const demo = await readDemoFile(dataDir, 'london');
  if (!demo) throw new Error('nothing was seeded');
  const personIdOf = (hero: string): string => demo.heroes[hero]?.personId ?? '';
  const numberOf = (hero: string): string => demo.heroes[hero]?.nhsNumber ?? '';
  return { demo, personIdOf, numberOf };
}

async function matchByNumber(nhsNumber: string, user = 'clinician') {
  const { code, err, out } = await runCommand(
    'match',
    '--nhs-number',
    nhsNumber,
    '--as',
    user,
    '--data',
    dataDir,
    '--json',
  );
  if (code !== 0) throw new Error(err);
  return (JSON.parse(out) as { matches: { personId: string; name: string; grade: string }[] }).matches;
}

/** What the token endpoint answers a client's signed assertion. */
async function exchangeAssertion(
  endpoint: string,
  client: string,
  fields: Record<string, string>,
  ...options: string[]
) {
  const { code, err, out } = await runCommand('assertion', '--client', client, ...options, '--data', dataDir);
  if (code !== 0) throw new Error(err);
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: out.trim(),
      ...fields,
    }),
  });
  const body = (await response.json()) as { access_token: string; error?: string };
  return { status: response.status, body };
}

/** The lines of the printed walk-through, as a user copies them. */
function walkThroughLines(): string[] {
  const lines = region.printed().split('\n');
  return lines.flatMap((line, index) => (/^# \d\. /.test(line) ? [lines[index + 1] ?? ''] : []));
}

describe('npm start', () => {
  test('says where everything is, who there is, and what is not pretended', async () => {
    const printed = region.printed();
    expect(printed).toContain(region.run.baseUrl);
    expect(printed).toContain('/docs');
    for (const user of [
      'clinician',
      'gp',
      'paramedic',
      'care-home',
      'clerk',
      'neighbour',
      'steward',
      'privacy-officer',
      'feed',
      'stranger',
    ])
      expect(printed).toMatch(new RegExp(`^ {2}${user} `, 'm'));
    expect(printed).toContain('no IAM');
    const { code, out } = await runCommand('status', '--data', dataDir, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(region.run);
  });

  test('prints lines of curl that work when pasted', async () => {
    const lines = walkThroughLines();
    expect(lines).toHaveLength(7);
    const [byNumber, byName, section, summary, objection, emergency, looked] = await lines.reduce<
      Promise<string[]>
    >(
      // One after the other: the last one tells of the others.
      async (before, line) => {
        const answers = await before;
        const { code, err, out } = await runLine(line);
        expect({ code, err }).toEqual({ code: 0, err: '' });
        return [...answers, out];
      },
      Promise.resolve([]),
    );
    const { personIdOf } = await heroes();
    for (const answer of [byNumber, byName]) {
      const { entry = [] } = JSON.parse(answer ?? '') as Bundle;
      expect(entry.map(({ resource }) => resource?.id)).toEqual([personIdOf('marian')]);
      expect(JSON.stringify(entry[0]?.search)).toContain('"certain"');
    }
    expect(byName).toContain('match-explanation');
    expect((JSON.parse(section ?? '') as Bundle).entry?.[0]?.resource?.resourceType).toBe(
      'AllergyIntolerance',
    );
    const { entry: [composition] = [], type } = JSON.parse(summary ?? '') as Bundle;
    expect([type, composition?.resource?.resourceType]).toEqual(['document', 'Composition']);
    expect(emergency).toMatch(/NO_RELATIONSHIP.*HTTP 403.*"until".*searchset.*HTTP 200.*break-glass/s);
    expect(objection).toMatch(/OPTOUT.*NO_PATIENT_CONSENT.*HTTP 403.*OPTIN.*AllergyIntolerance.*HTTP 200/s);
    expect(looked).toContain('Dr Amara Okafor');
    expect(looked).toContain('NO_PATIENT_CONSENT');
  });

  test('the archived audit log names the reader, in the folder that run.json names', async () => {
    const names = await readdir(region.run.auditLog, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    expect(files.length).toBeGreaterThan(0);
    expect(texts.join('')).toContain('feed@y90001.towpath.example');
  });
});

describe('the made-up people', () => {
  test('twins are two people', async () => {
    const { numberOf } = await heroes();
    const [aisha, amina] = [await matchByNumber(numberOf('aisha')), await matchByNumber(numberOf('amina'))];
    expect(aisha[0]?.name).toBe('Aisha Rahman');
    expect(amina[0]?.name).toBe('Amina Rahman');
    expect(aisha[0]?.personId).not.toBe(amina[0]?.personId);
  });

  test('doubts about who is who are shown side by side, and decided', async () => {
    const review = async (...args: string[]) => {
      const { code, err, out } = await runCommand('review', ...args, '--data', dataDir);
      expect([code, err]).toEqual([0, '']);
      return out;
    };
    const { numberOf, personIdOf } = await heroes();
    const list = async () =>
      (JSON.parse(await review('--json')) as { tasks: { id: string; kind: string; sides: object[] }[] })
        .tasks;
    const before = await list();
    expect(before.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['possible-duplicate', 'overlay']));
    const twins = before.find(({ sides }) => JSON.stringify(sides).includes(personIdOf('leo')));
    const shown = await review('--task', twins?.id.slice(0, 12) ?? '');
    for (const part of ['Leo Marchetti', 'Luca Marchetti', 'birthDate', 'given-name-differs'])
      expect(shown).toContain(part);
    await review('--task', twins?.id ?? '', '--decide', 'keep-apart', '--comment', 'Twins');
    expect((await list()).map(({ id }) => id)).toEqual(
      before.map(({ id }) => id).filter((id) => id !== twins?.id),
    );
    // His number alone finds him for his practice, and not for the trust, which sent nobody but his twin.
    expect(await matchByNumber(numberOf('leo'), 'gp')).toMatchObject([{ personId: personIdOf('leo') }]);
    expect(await matchByNumber(numberOf('leo'))).toEqual([]);
  });

  test('a superseded number finds the person under the new one', async () => {
    const { demo, numberOf, personIdOf } = await heroes();
    const policy = (await loadRegions()).get('london')?.policy;
    if (!policy) throw new Error('no region london');
    const [[first] = []] = makeDemoRegion(policy, { seed: demo.seed, now: demo.madeAt }).waves;
    const old = first?.patient.identifier?.[0]?.value ?? '';
    expect(old).not.toBe(numberOf('grace'));
    expect(await matchByNumber(old)).toMatchObject([{ personId: personIdOf('grace'), grade: 'certain' }]);
  });

  test('the sensitive one and the one in quarantine are found by nobody', async () => {
    const { numberOf, personIdOf } = await heroes();
    expect(await matchByNumber(numberOf('imogen'))).toEqual([]);
    expect(await matchByNumber(numberOf('nadia'))).toEqual([]);
    expect(personIdOf('nadia')).toBe('');
  });

  test.each([
    ['who died long ago', 'walter', 404, 'PATIENT_NOT_FOUND'],
    ['who is sensitive', 'imogen', 404, 'PATIENT_NOT_FOUND'],
    ['who objects', 'declan', 403, 'NO_PATIENT_CONSENT'],
  ])('the record of one %s is closed', async (_, hero, status, code) => {
    const { personIdOf } = await heroes();
    const answer = await get('clinician', `/Patient/${personIdOf(hero)}/sections`);
    expect([answer.status, errorCode(answer.body)]).toEqual([status, code]);
  });

  test('what one of them keeps back is shown to the hospital that sent it, and named to nobody else', async () => {
    const amina = (await heroes()).personIdOf('amina');
    const [own, other] = [
      await get('clinician', `/Patient/${amina}/sections`),
      await get('gp', `/Patient/${amina}/sections`),
    ];
    expect([own.status, other.status]).toEqual([200, 200]);
    expect(JSON.stringify(own.body)).toContain('T9A');
    expect(JSON.stringify(other.body)).not.toContain('T9A');
  });

  test.each([
    ['stranger', 'marian', 'allergies', 403, 'NO_AGREEMENT'],
    ['care-home', 'marian', 'allergies', 403, 'NO_RELATIONSHIP'],
    ['clerk', 'marian', 'allergies', 403, 'FORBIDDEN_ROLE'],
    ['feed', 'marian', 'allergies', 403, 'FORBIDDEN_ROLE'],
    ['steward', 'marian', 'allergies', 403, 'FORBIDDEN_ROLE'],
    ['clinician', 'marian', 'allergies', 200, undefined],
    ['neighbour', 'marian', 'allergies', 200, undefined],
    ['paramedic', 'kwame', 'allergies', 200, undefined],
    ['care-home', 'kwame', 'care-plans', 200, undefined],
    ['clerk', 'marian', 'demographics', 200, undefined],
  ])('%s asking for %s, %s: %i', async (user, hero, section, status, code) => {
    const { personIdOf } = await heroes();
    const answer = await get(user, `/Patient/${personIdOf(hero)}/sections/${section}`);
    expect(answer.status).toBe(status);
    if (code !== undefined) expect(errorCode(answer.body)).toBe(code);
  });

  test('have letters whose bytes come through the gateway, and plans of which only the place is known', async () => {
    const marian = (await heroes()).personIdOf('marian');
    const attachments = async (section: string) => {
      const { body } = await get('clinician', `/Patient/${marian}/sections/${section}`);
      return (bundleOf(body).entry ?? []).flatMap(({ resource }) =>
        resource?.resourceType === 'DocumentReference'
          ? (resource as DocumentReference).content.map(({ attachment }) => attachment)
          : [],
      );
    };
    const letter = (await attachments('documents')).find(({ url }) => url?.startsWith('Binary/'));
    const read = async (user: string, Accept: string) =>
      fetch(`${region.run.baseUrl}/${letter?.url}`, {
        headers: { Authorization: `Bearer ${await tokenOf(user)}`, Accept },
      });
    const asPdf = await read('clinician', 'application/pdf');
    expect(asPdf.headers.get('content-disposition')).toMatch(/^attachment; filename="[0-9a-f]{32}\.pdf"$/);
    const bytes = Buffer.from(await asPdf.arrayBuffer());
    expect([bytes.length, bytes.subarray(0, 5).toString()]).toEqual([letter?.size, '%PDF-']);
    const asBinary = (await (await read('clinician', '*/*')).json()) as Binary;
    expect(asBinary.data).toBe(bytes.toString('base64'));
    expect((await read('stranger', 'application/pdf')).status).toBe(403);
    const [pointer] = (await attachments('care-plans')).filter(({ url }) => url?.startsWith('https://'));
    expect(pointer?.extension?.[0]?.url).toMatch(/not-held-here$/);
  });

  test('what an organisation does not share is shown to itself alone', async () => {
    const { personIdOf } = await heroes();
    const plans = async (user: string) => {
      const { body } = await get(user, `/Patient/${personIdOf('kwame')}/sections/care-plans`);
      return (bundleOf(body).entry ?? []).map(({ resource }) => resource?.meta?.source);
    };
    expect(await plans('care-home')).toContain('urn:nhs:ods:VT9C1');
    expect(await plans('clinician')).not.toContain('urn:nhs:ods:VT9C1');
  });
});

describe('an unmodified FHIR client', () => {
  test('reads the capability statement, matches, reads and searches', async () => {
    const { baseUrl } = region.run;
    const client = new Client({ baseUrl, bearerToken: await tokenOf('clinician') });
    expect(await client.capabilityStatement()).toMatchObject({ resourceType: 'CapabilityStatement' });

    const input = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'resource',
          resource: {
            resourceType: 'Patient',
            name: [{ family: 'Boatang', given: ['Kwame'] }],
            birthDate: '1941-11-23',
            gender: 'male',
            address: [{ postalCode: 'E14 7LB' }],
          },
        },
      ],
    };
    const found = bundleOf(
      await client.operation({
        resourceType: 'Patient',
        name: '$match',
        input,
      }),
    );
    const id = found.entry?.[0]?.resource?.id ?? '';
    const patient: unknown = await client.read({ resourceType: 'Patient', id });
    expect((patient as Patient).name?.[0]).toMatchObject({ family: 'Boateng' });

    const clerk = new Client({ baseUrl, bearerToken: await tokenOf('clerk') });
    const searched = bundleOf(
      await clerk.search({
        resourceType: 'Patient',
        searchParams: { family: 'Boat*', given: 'Kwame', birthdate: 'eq1941-11-23' },
      }),
    );
    expect(searched.entry?.map(({ resource, search }) => [resource?.id, (search?.score ?? 0) > 0.9])).toEqual(
      [[id, true]],
    );

    const officer = new Client({ baseUrl, bearerToken: await tokenOf('privacy-officer') });
    const looked = bundleOf(
      await officer.search({
        resourceType: 'AuditEvent',
        searchParams: { patient: id },
      }),
    );
    const operations = (looked.entry ?? []).map(
      ({ resource }) => (resource as AuditEvent).subtype?.[0]?.code,
    );
    expect(operations).toEqual(expect.arrayContaining(['match-patient', 'read-patient', 'search-patients']));
  });

  test('has looks that a privacy officer should ask about, and usage that a rebuild finds again', async () => {
    const { body } = await get('privacy-officer', '/privacy-alerts');
    const { alerts } = body as { alerts: { rule: string; agent: string }[] };
    expect(alerts.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['own-record', 'household', 'after-death']),
    );
    const { agent = '' } = alerts.find(({ rule }) => rule === 'household') ?? {};
    const acts = bundleOf((await get('privacy-officer', `/AuditEvent?agent=${agent}`)).body);
    expect(acts.entry).toHaveLength(2);

    const usage = async () =>
      (await get('privacy-officer', '/usage')).body as { cumulative: { views: number; staff: number } };
    const before = await usage();
    expect(before.cumulative.views).toBeGreaterThan(30);
    const { code, out } = await runCommand('usage', 'rebuild', '--json', '--data', dataDir);
    expect([code, JSON.parse(out)]).toMatchObject([0, { generation: 2 }]);
    expect((await usage()).cumulative.views).toBeGreaterThanOrEqual(before.cumulative.views);
    const log = await runCommand('usage', 'rebuild', '--data', dataDir, '--log', '/nowhere');
    expect([log.code, log.err]).toEqual([1, expect.stringContaining('no checkpoint')]);
  });

  test('follows the pages of a section to its end', async () => {
    const { personIdOf } = await heroes();
    const client = new Client({ baseUrl: region.run.baseUrl, bearerToken: await tokenOf('clinician') });
    const ids: string[] = [];
    let page: Bundle | undefined = bundleOf(
      await client.request(`Patient/${personIdOf('marian')}/sections/results?_count=1`),
    );
    while (page !== undefined) {
      const { entry = [], link = [], ...rest }: Bundle = page;
      ids.push(...matchesIn({ ...rest, entry }));
      const next: unknown = await client.nextPage({
        bundle: { ...rest, link: link.map(({ relation, url }) => ({ relation, url })) },
      });
      page = next === undefined ? undefined : bundleOf(next);
    }
    const all = await get('clinician', `/Patient/${personIdOf('marian')}/sections/results?_count=100`);
    expect(ids.length).toBeGreaterThan(2);
    expect(ids).toEqual(matchesIn(bundleOf(all.body)));
  });
});

describe.each([
  ['fhir-kit-client', openFhirKitClient],
  ["Medplum's client", openMedplumClient],
  ["SMART's client", openSmartClient],
])('an integrator with %s, unmodified', (_, open) => {
  const boateng = {
    resourceType: 'Patient',
    name: [{ family: 'Boatang', given: ['Kwame'] }],
    birthDate: '1941-11-23',
    gender: 'male',
    address: [{ postalCode: 'E14 7LB' }],
  } as const;

  test('gets a token, searches, matches, reads a section, a summary and page after page, and is told what is refused', async () => {
    const client = open(region.run.baseUrl);
    expect(await client.fhirVersion()).toBe('4.0.1');
    const { body } = await exchangeAssertion(
      await client.tokenEndpoint(),
      'demo-epr',
      { scope: 'clinician' },
      '--as',
      'clinician',
    );
    client.signIn(body.access_token);

    const searched = await client.searchPatients({
      family: 'Boat*',
      given: 'Kwame',
      birthdate: 'eq1941-11-23',
    });
    const matched = await client.match({
      resourceType: 'Parameters',
      parameter: [{ name: 'resource', resource: boateng }],
    });
    const { personIdOf } = await heroes();
    expect([matchesIn(searched), matchesIn(matched)]).toEqual([[personIdOf('kwame')], [personIdOf('kwame')]]);

    const marian = personIdOf('marian');
    const section = await client.readSection(marian, 'allergies');
    expect(section.entry?.[0]?.resource?.resourceType).toBe('AllergyIntolerance');
    const summary = await client.readSummary(marian);
    expect([summary.type, summary.entry?.[0]?.resource?.resourceType]).toEqual(['document', 'Composition']);

    const pages = await client.pagesOf('Observation', marian);
    const all = await get('clinician', `/Observation?patient=${marian}&_count=100`);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat()).toEqual(matchesIn(bundleOf(all.body)));

    expect(errorCode(await client.failureOf('00000000-0000-4000-8000-000000000000'))).toBe('NO_RELATIONSHIP');
  });
});

describe('towpath load', () => {
  test('takes the examples, says of the rest why not, and changes nothing the second time', async () => {
    const load = async (folder: string, org: string) => {
      const { code, err, out } = await runCommand(
        'load',
        `examples/${folder}`,
        '--org',
        org,
        '--data',
        dataDir,
        '--json',
      );
      expect({ code, err }).toEqual({ code: 0, err: '' });
      return JSON.parse(out) as { rejected: { reason: string }[] };
    };
    expect(await load('practice', 'Y90001')).toMatchObject({
      accepted: 4,
      personsCreated: 1,
      entriesStored: 3,
    });
    const hospital = await load('hospital', 'T9A');
    expect(hospital).toMatchObject({ accepted: 6, linked: 1, entriesStored: 4, quarantined: 1 });
    expect(hospital.rejected.map(({ reason }) => reason)).toEqual([expect.stringContaining('searchset')]);
    expect(await load('hospital', 'T9A')).toMatchObject({
      accepted: 6,
      unchanged: 6,
      linked: 0,
      entriesStored: 0,
    });

    const found = await runCommand(
      'match',
      '--given',
      'Otoline',
      '--family',
      'Marchbnaks',
      '--birth-date',
      '1956-05-19',
      '--postcode',
      'E14 7LB',
      '--data',
      dataDir,
    );
    expect(found.out).toMatch(/born 1956-05-19: (certain|probable)/);
    expect(found.out).toMatch(/birthDate +exact/);
  });

  test('takes a CSV file row by row, and fills no index from scratch that holds somebody', async () => {
    const file = path.join(dataDir, 'people.csv');
    await writeFile(
      file,
      'rec_id,surname,given,birthDate,gender\ncsv-1,Sluicegate,Perpetua,19610203,F\ncsv-2,Sluicegate,Basil,1961-02-30,M\n',
    );
    const load = async (...more: string[]) => {
      const args = [file, '--org', 'T9A', '--map', 'rec_id=id,surname=family', '--data', dataDir, '--json'];
      const { code, out } = await runCommand('load', ...args, ...more);
      return { code, ...(JSON.parse(out) as object) };
    };
    expect(await load()).toMatchObject({
      code: 0,
      accepted: 1,
      personsCreated: 1,
      rejected: [{ resource: 'row 3', reason: expect.stringContaining('birthDate') }],
    });
    expect(await load()).toMatchObject({ code: 0, unchanged: 1 });
    expect(await load('--initial')).toMatchObject({
      code: 1,
      error: { message: expect.stringContaining('not empty') },
    });
  });

  test('takes HL7 v2 messages from a file, and others over MLLP in their own character set', async () => {
    const [admitted = '', rest = ''] = [
      message(
        msh({ event: 'ADT^A28', controlId: 'E2E-1' }),
        pid({ localId: 'E2E', fields: { 5: 'Fl\u00F6\u00DFer^Uwe' } }),
      ),
      message(msh({ event: 'ADT^A28', controlId: 'E2E-2' }), pid({ fields: { 7: '19711309' } })),
    ];
    const file = path.join(dataDir, 'feed.hl7');
    await writeFile(file, admitted + rest);
    const { code, out } = await runCommand('load', file, '--as', 'feed', '--data', dataDir, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      accepted: 1,
      personsCreated: 1,
      rejected: [{ resource: 'message 2', reason: 'AE: PID-7: must be a date of the calendar' }],
    });

    const relaying = spawnTowpath('mllp', '--port', '0', '--data', dataDir, '--json');
    const { port } = JSON.parse(await relaying.firstLine) as { port: number };
    const socket = createConnection({ port, host: '127.0.0.1' });
    const moved = pid({ localId: 'E2E', fields: { 5: 'Fl\u00F6\u00DFer^Uwe', 11: '^^^^SE1 7PB' } });
    const header = msh({
      event: 'ADT^A31',
      controlId: 'E2E-3',
      sentAt: '20261120093100',
      characterSet: '8859/1',
    });
    socket.write(writeFrame(Buffer.from(message(header, moved), 'latin1')));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toContain('\rMSA|AA|E2E-3|Patient person-updated\r');
    socket.destroy();
    expect(await relaying.stop()).toBe(0);
  });

  test('an organisation without an agreement feeds nothing', async () => {
    const { code, out } = await runCommand(
      'load',
      'examples/practice',
      '--org',
      'T9Z',
      '--data',
      dataDir,
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      accepted: 0,
      rejected: expect.arrayContaining([
        expect.objectContaining({ reason: expect.stringContaining('NO_AGREEMENT') }),
      ]),
    });
  });
});

describe('the documentation', () => {
  test('is served offline, with the API description that the page asks for', async () => {
    const { origin } = new URL(region.run.baseUrl);
    const page = await fetch(`${origin}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const init = await (await fetch(`${origin}/docs/init.js`)).text();
    const asked = /url: '([^']+)'/.exec(init)?.[1] ?? '';
    expect(await (await fetch(`${origin}${asked}`)).json()).toMatchObject({
      openapi: expect.stringMatching(/^3\.1/),
    });
  });
});

describe('stopping and starting', () => {
  test('a second start on the same folder is refused with the remedy, and harms nothing', async () => {
    const { code, err } = await runCommand('start', '--data', dataDir, '--port', '0');
    expect(code).toBe(1);
    expect(err).toMatch(/in use by another process/);
    expect(err).not.toMatch(/\n\s+at /);
    expect((await runCommand('status', '--data', dataDir)).code).toBe(0);
  });

  test('so is a start of another region on it, which would take over the folder’s run.json', async () => {
    const before = await runCommand('status', '--data', dataDir, '--json');
    const { code, err } = await runCommand(
      'start',
      '--data',
      dataDir,
      '--port',
      '0',
      '--region',
      'hertfordshire-west-essex',
    );
    expect(code).toBe(1);
    expect(err).toContain('the region london runs on it');
    expect(err).toContain('--data DIR');
    expect(await runCommand('status', '--data', dataDir, '--json')).toEqual(before);
  });

  test('a taken port is refused with the remedy', async () => {
    const other = await mkdtemp(path.join(tmpdir(), 'towpath-e2e-port-'));
    try {
      const { port } = new URL(region.run.baseUrl);
      // Prepared once, the assembly is the same for every folder.
      await cp(path.join(dataDir, 'assembly'), path.join(other, 'assembly'), { recursive: true });
      const { code, err } = await runCommand('start', '--data', other, '--port', port);
      expect(code).toBe(1);
      expect(err).toContain(`port ${port} is taken`);
      expect(err).toContain('--port 0');
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  test('data survives a stop, a start and a kill, and is not seeded again', async () => {
    const { numberOf, personIdOf } = await heroes();
    expect(await region.stop()).toBe(0);
    expect(await readdir(dataDir)).not.toContain('run.json');
    expect((await runCommand('status', '--data', dataDir)).code).toBe(1);

    region = await startProcess(dataDir);
    expect(await matchByNumber(numberOf('marian'))).toMatchObject([{ personId: personIdOf('marian') }]);

    await region.kill();
    expect((await runCommand('status', '--data', dataDir)).err).toContain('does not answer');
    region = await startProcess(dataDir);
    expect(await matchByNumber(numberOf('marian'))).toMatchObject([{ personId: personIdOf('marian') }]);
  });
});

describe('a partner’s system', () => {
  const tokenFor = (client: string, fields: Record<string, string>, ...options: string[]) =>
    exchangeAssertion(`${region.run.baseUrl}/oauth2/token`, client, fields, ...options);

  test('gets a token for its signed assertion and reads a section with a standard client', async () => {
    const { body, status } = await tokenFor('demo-epr', { scope: 'clinician' }, '--as', 'clinician');
    expect(status).toBe(200);
    const client = new Client({ baseUrl: region.run.baseUrl, bearerToken: body.access_token });
    const { personIdOf } = await heroes();
    const section = bundleOf(await client.request(`Patient/${personIdOf('marian')}/sections/allergies`));
    expect(section.entry?.[0]?.resource?.resourceType).toBe('AllergyIntolerance');
    const { body: looked } = await get('privacy-officer', `/AuditEvent?patient=${personIdOf('marian')}`);
    expect(JSON.stringify(looked)).toContain('demo-epr/clinician');
  });

  test('feeds with the role of its registration, and no other', async () => {
    const fed = await tokenFor('demo-feed', {});
    expect(fed.status).toBe(200);
    const response = await fetch(`${region.run.baseUrl}/Patient/x`, {
      headers: { Authorization: `Bearer ${fed.body.access_token}` },
    });
    expect([response.status, errorCode(await response.json())]).toEqual([403, 'FORBIDDEN_ROLE']);
    expect((await tokenFor('demo-feed', { scope: 'clinician' }, '--as', 'clinician')).body.error).toBe(
      'invalid_scope',
    );
  });

  test('finds where tokens come from as SMART clients look for it', async () => {
    const { body } = await get('clinician', '/.well-known/smart-configuration');
    const { token_endpoint: endpoint, jwks_uri: keys } = body as Record<string, string>;
    expect(endpoint).toBe(`${region.run.baseUrl}/oauth2/token`);
    const published = (await (await fetch(keys ?? '')).json()) as { keys: object[] };
    expect(published.keys).toHaveLength(1);
  });
});
