import { randomUUID } from 'node:crypto';
import type { AllergyIntolerance, AuditEvent, Bundle, Consent, OperationOutcome } from 'fhir/r4.js';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Route, routes } from '../../functions/api/routes.ts';
import { requestExamples } from '../../functions/api/schemas.ts';
import { makePerson } from '../../local/demo/person.ts';
import { seededRandom } from '../../local/demo/random.ts';
import type { SigningKey } from '../../local/demo/token-keys.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from '../support/people.ts';
import { type DeployedRegion, openDeployedRegion } from './deployed-region.ts';

/*
 * What must be true of any running region, whatever gateway is in front of it: the local runner, an emulator that calls
 * no authoriser, AWS. Each run brings a made-up person of its own, so that it can be repeated against data that stays.
 */

const seed = Number(process.env.TOWPATH_SMOKE_SEED ?? Date.now() % 1_000_000_000);
const person = makePerson(seededRandom(seed), testNhsNumber(100_000 + (seed % 700_000)), 2020);
const localId = `smoke-${seed}`;
const [given] = person.given;

let region: DeployedRegion;
beforeAll(async () => {
  region = await openDeployedRegion();
});

describe('the open routes', () => {
  it.each(routes.filter(({ method, permission }) => permission === 'open' && method === 'GET'))(
    'answer $method $path without a token',
    async ({ method, path }) => {
      const answer = await region.call(method, path);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    },
  );

  it('give no token for a form that is none', async () => {
    const { body, status } = await region.call<{ error: string }>('POST', '/oauth2/token', { body: {} });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });
});

describe.each(routes.filter(({ permission }) => permission !== 'open'))('$method $path', (route) => {
  it('is refused without a token', async () => {
    await expectUnauthenticated(route, undefined);
  });

  it.each(['Bearer', 'Bearer not-a-token', 'Basic dXNlcjpwYXNz'])('is refused with %j', async (header) => {
    await expectUnauthenticated(route, header);
  });

  it('is refused with a token for another audience', async () => {
    const token = await region.sign({ tokenAudience: 'https://elsewhere.towpath.example/FHIR/R4' });
    await expectUnauthenticated(route, `Bearer ${token}`);
  });

  it('is refused with a token of another issuer', async () => {
    const token = await region.sign({ tokenIssuer: 'https://identity.elsewhere.towpath.example' });
    await expectUnauthenticated(route, `Bearer ${token}`);
  });

  it('is refused with a token that another key signed', async () => {
    const token = await region.sign({ key: await makeForeignKey() });
    await expectUnauthenticated(route, `Bearer ${token}`);
  });

  it('is refused with a token that has expired', async () => {
    const token = await region.sign({ now: Date.now() - 2 * 3_600_000 });
    await expectUnauthenticated(route, `Bearer ${token}`);
  });

  it('is refused with a token that nobody signed', async () => {
    const [, claims] = (await region.sign()).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    await expectUnauthenticated(route, `Bearer ${header}.${claims}.`);
  });
});

async function expectUnauthenticated(route: Route, authorization: string | undefined): Promise<void> {
  const { method, path, query, requestSchema } = route;
  const filled = path.replace('{id}', randomUUID()).replace('{code}', 'allergies');
  const parameters = new URLSearchParams();
  for (const { name, required } of query) if (required) parameters.set(name, randomUUID());
  const answer = await region.call(method, parameters.size > 0 ? `${filled}?${parameters}` : filled, {
    ...(authorization !== undefined && { authorization }),
    ...(requestSchema && { body: requestExamples[requestSchema] }),
  });
  expect([answer.status, answer.code]).toEqual([401, 'UNAUTHENTICATED']);
  expect(answer.headers.get('content-type')).toMatch(/^application\/fhir\+json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

/** A key like the issuer's own, id included, that the region was never told of. */
async function makeForeignKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('ES384', { extractable: true });
  const { x = '', y = '', d = '' } = await exportJWK(privateKey);
  return { kty: 'EC', crv: 'P-384', alg: 'ES384', kid: 'foreign', x, y, d };
}

describe('the main job', () => {
  let personId: string;
  let clinician: string;
  let officer: string;

  beforeAll(async () => {
    clinician = await region.as('clinician');
    officer = await region.as('privacy-officer');
    const stored = await region.call('POST', '', {
      authorization: await region.as('feed'),
      body: makeBundle(
        makePatient({
          id: localId,
          family: person.family,
          given,
          birthDate: person.birthDate,
          gender: person.gender,
          postcode: person.home.postcode,
          nhsNumber: person.nhsNumber,
        }),
        makeAllergy(`${localId}-allergy`, localId, { text: 'Latex', date: '2025-01-01' }),
      ),
    });
    expect([stored.status, fates(stored.body)]).toEqual([200, ['person-created', 'stored']]);
    personId = stored.body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
    expect(personId).not.toBe('');
  });

  const match = (resource: object) =>
    region.call('POST', '/Patient/$match', {
      authorization: clinician,
      body: {
        resourceType: 'Parameters',
        parameter: [{ name: 'resource', resource: { resourceType: 'Patient', ...resource } }],
      },
    });
  const numberIdentifier = (value: string) => [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }];
  const readAllergies = (authorization = clinician) =>
    region.call('GET', `/Patient/${personId}/sections/allergies`, { authorization });
  const consent = (type: 'deny' | 'permit') =>
    region.call<Consent>('POST', '/Consent', {
      authorization: clinician,
      body: {
        resourceType: 'Consent',
        status: 'active',
        patient: { reference: `Patient/${personId}` },
        provision: { type },
      },
    });

  it('takes the same Bundle again and changes nothing', async () => {
    const allergy = makeAllergy(`${localId}-twice`, `${localId}-twice-patient`, { text: 'Egg' });
    const bundle = makeBundle(
      makePatient({ id: `${localId}-twice-patient`, family: `Twice${seed}` }),
      allergy,
    );
    const authorization = await region.as('feed');
    await region.call('POST', '', { authorization, body: bundle });
    const again = await region.call('POST', '', { authorization, body: bundle });
    expect([again.status, fates(again.body)]).toEqual([200, ['unchanged', 'unchanged']]);
  });

  it('finds the person by NHS number', async () => {
    const { status, body } = await match({ identifier: numberIdentifier(person.nhsNumber) });
    expect(status).toBe(200);
    expect(body.entry?.map(({ resource }) => resource?.id)).toEqual([personId]);
    expect(body.entry?.[0]?.search?.extension?.[0]?.valueCode).toBe('certain');
  });

  it('finds the person by a mistyped name', async () => {
    const { family } = person;
    const mistyped = `${family.slice(0, -2)}${family.at(-1)}${family.at(-2)}`;
    const { status, body } = await match({
      name: [{ family: mistyped, given: [given] }],
      birthDate: person.birthDate,
      gender: person.gender,
      address: [{ postalCode: person.home.postcode }],
    });
    expect(status).toBe(200);
    expect(body.entry?.[0]?.resource?.id).toBe(personId);
    expect(body.entry?.[0]?.search?.score).toBeGreaterThan(region.policy.matching.probable);
  });

  it('refuses an NHS number whose check digit is wrong', async () => {
    const wrong = `${person.nhsNumber.slice(0, 9)}${(Number(person.nhsNumber.at(-1)) + 1) % 10}`;
    const answer = await match({ identifier: numberIdentifier(wrong) });
    expect([answer.status, answer.code]).toEqual([400, 'INVALID_NHS_NUMBER']);
    expect(answer.text).not.toContain(wrong);
  });

  it('refuses a body with an unknown field', async () => {
    const answer = await region.call('POST', '/Patient/$match', {
      authorization: clinician,
      body: { ...requestExamples.MatchParameters, surprise: true },
    });
    expect([answer.status, answer.code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('reads the section, and one token opens the next path too', async () => {
    const section = await readAllergies();
    expect([section.status, section.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(section.body.entry?.map(({ resource }) => (resource as AllergyIntolerance).code?.text)).toEqual([
      'Latex',
    ]);
    const patient = await region.call('GET', `/Patient/${personId}`, { authorization: clinician });
    expect(patient.status).toBe(200);
  });

  it('echoes the request id', async () => {
    const requestId = randomUUID();
    const answer = await region.call('GET', `/Patient/${personId}`, { authorization: clinician, requestId });
    expect(answer.headers.get('x-request-id')).toBe(requestId);
  });

  it('tells a role, an organisation without agreement and one without relationship apart', async () => {
    const refusals = await Promise.all(
      [region.as('clerk'), region.as('stranger'), region.as('gp')].map(async (token) => {
        const { status, code } = await readAllergies(await token);
        return [status, code];
      }),
    );
    expect(refusals).toEqual([
      [403, 'FORBIDDEN_ROLE'],
      [403, 'NO_AGREEMENT'],
      [403, 'NO_RELATIONSHIP'],
    ]);
  });

  it('lets an objection hold from the next read on, until it is reversed', async () => {
    expect((await readAllergies()).status).toBe(200);
    const recorded = await consent('deny');
    expect([recorded.status, recorded.body.provision?.type]).toEqual([201, 'deny']);
    const refused = await readAllergies();
    expect([refused.status, refused.code]).toEqual([403, 'NO_PATIENT_CONSENT']);
    for (const leak of [person.family, person.nhsNumber, 'Latex']) expect(refused.text).not.toContain(leak);
    expect((await consent('permit')).status).toBe(201);
    expect((await readAllergies()).status).toBe(200);
  });

  it('shows the privacy officer each read and each refusal', async () => {
    expect((await readAllergies()).status).toBe(200);
    expect((await readAllergies(await region.as('gp'))).status).toBe(403);
    const { status, body } = await region.call('GET', `/AuditEvent?patient=${personId}&_count=100`, {
      authorization: officer,
    });
    expect(status).toBe(200);
    const seen = (body.entry ?? []).map(({ resource }) => {
      const event = resource as AuditEvent;
      return [event.subtype?.[0]?.code, event.outcome];
    });
    expect(seen).toContainEqual(['submit-bundle', '0']);
    expect(seen).toContainEqual(['read-section', '0']);
    expect(seen).toContainEqual(['read-section', '4']);
  });

  it('pages a result by the cursor of its next link', async () => {
    for (let read = 1; read <= 2; read += 1) expect((await readAllergies()).status).toBe(200);
    const first = await region.call('GET', `/AuditEvent?patient=${personId}&_count=1`, {
      authorization: officer,
    });
    const next = first.body.link?.find(({ relation }) => relation === 'next')?.url ?? '';
    const second = await region.call('GET', `/AuditEvent${new URL(next).search}`, { authorization: officer });
    expect(second.status).toBe(200);
    expect(second.body.entry).toHaveLength(1);
    expect(second.body.entry?.[0]?.resource?.id).not.toBe(first.body.entry?.[0]?.resource?.id);
  });
});

/** What became of each entry of a transaction. */
function fates(bundle: Bundle): (string | undefined)[] {
  return (bundle.entry ?? []).map(({ response }) => {
    const outcome = response?.outcome as OperationOutcome | undefined;
    return outcome?.issue[0]?.details?.coding?.[0]?.code;
  });
}
