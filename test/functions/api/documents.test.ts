import { createHash } from 'node:crypto';
import type { Binary, Bundle, DocumentReference, OperationOutcome } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declaredTypeExtension, notHeldExtension } from '../../../functions/formats/fhir/attachments.ts';
import { makeLetter, makePdf } from '../../support/documents.ts';
import { makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { makeConsent } from '../../support/objections.ts';
import {
  openTestRegion,
  type TestCaller,
  type TestRegion,
  type TestRequest,
} from '../../support/operations.ts';
import { makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';

const feed = (organisation: string) => ({ role: 'feed', organisation, purpose: 'feed' }) as const;
const pdf = makePdf(20_000);
const data = pdf.toString('base64');

/** Counts the calls to the store. */
const endpoint = makeFaultyEndpoint();
let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion({ endpointInFrontOf: endpoint.start });
});
afterAll(async () => {
  await region?.close();
  await endpoint.close();
});

async function send(organisation: string, ...resources: { resourceType: string; id: string }[]) {
  const body = makeBundle(...resources);
  const answer = await region.call<Bundle>('submit-bundle', { caller: feed(organisation), body });
  return { ...answer, personId: answer.body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '' };
}

async function accepted(organisation: string, ...resources: { resourceType: string; id: string }[]) {
  const sent = await send(organisation, ...resources);
  expect([sent.status, sent.text]).toEqual([200, expect.any(String)]);
  return sent.personId;
}

async function letters(personId: string, organisation = 'T9A'): Promise<DocumentReference[]> {
  const { body } = await region.call<Bundle>('read-section', {
    caller: { organisation },
    path: { id: personId, code: 'documents' },
  });
  return (body.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'DocumentReference' ? [resource as DocumentReference] : [],
  );
}

const attachmentOf = (letter: DocumentReference | undefined) => letter?.content[0]?.attachment;

async function binaryId(personId: string, organisation = 'T9A') {
  const [letter] = await letters(personId, organisation);
  return attachmentOf(letter)?.url?.replace('Binary/', '') ?? '';
}

const readBinary = (id: string, request: TestRequest = {}) =>
  region.call<Binary>('read-binary', { path: { id }, ...request });

describe('the body of a document', () => {
  let personId: string;
  let id: string;
  beforeAll(async () => {
    personId = await accepted(
      'T9A',
      makePatient({ id: 'doc-1', nhsNumber: testNhsNumber(1) }),
      makeLetter('letter-1', 'doc-1', { contentType: 'application/pdf', title: 'Clinic letter', data }),
    );
    id = await binaryId(personId);
  });

  it('over 8 KB goes to the documents bucket, and the entry keeps where, how large and of what type', async () => {
    const [letter] = await letters(personId);
    expect(attachmentOf(letter)).toEqual({
      contentType: 'application/pdf',
      title: 'Clinic letter',
      url: `Binary/${id}`,
      size: pdf.length,
      hash: createHash('sha1').update(pdf).digest('base64'),
    });
    const digest = createHash('sha256').update(pdf).digest('hex');
    expect((await region.documentsBucket.read(`sha256/${digest}`))?.body.equals(pdf)).toBe(true);
  });

  it('is served as a FHIR Binary that names the entry by whose rules it is read', async () => {
    const { body, status } = await readBinary(id);
    const [letter] = await letters(personId);
    expect(status).toBe(200);
    expect(body).toEqual({
      resourceType: 'Binary',
      id,
      contentType: 'application/pdf',
      securityContext: { reference: `DocumentReference/${letter?.id}` },
      data,
    });
  });

  it.each([['application/pdf'], ['application/octet-stream'], ['application/pdf;q=0.9, */*']])(
    'is served as bytes, to be saved and never run, to Accept: %s',
    async (Accept) => {
      const { headers, status, text } = await readBinary(id, { headers: { Accept } });
      expect(status).toBe(200);
      expect(text).toBe(data);
      expect(headers).toMatchObject({
        'content-type': 'application/pdf',
        'content-disposition': `attachment; filename="${id}.pdf"`,
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
    },
  );

  it('is audited before it leaves: the document by name, the digest of the bytes', async () => {
    const { text } = await readBinary(id, { headers: { Accept: 'application/pdf' } });
    const entry = (await region.auditEntries()).findLast(({ operation }) => operation === 'read-binary');
    expect(entry).toMatchObject({
      outcome: 'success',
      personId,
      section: 'documents',
      resources: [`Binary/${id}`],
    });
    const bytes = Buffer.from(text, 'base64');
    expect(
      createHash('sha256')
        .update(entry?.salt ?? '')
        .update(bytes)
        .digest('hex'),
    ).toBe(entry?.bodyDigest);
  });

  it('sent again is the same document, under the same id and kept once', async () => {
    const before = (await region.documentsBucket.keys()).length;
    await accepted(
      'T9A',
      makeLetter('letter-1', 'doc-1', { contentType: 'application/pdf', title: 'Another title', data }),
    );
    expect(await binaryId(personId)).toBe(id);
    expect((await region.documentsBucket.keys()).length).toBe(before);
  });

  it('of 8 KB or less stays in its entry', async () => {
    const small = makePdf(8 * 1024).toString('base64');
    const owner = await accepted(
      'T9A',
      makePatient({ id: 'doc-small', ...makeStranger(1) }),
      makeLetter('letter-small', 'doc-small', { contentType: 'application/pdf', data: small }),
    );
    expect(attachmentOf((await letters(owner))[0])).toEqual({ contentType: 'application/pdf', data: small });
  });

  it('that came as a Binary of the Bundle belongs to the entry that names it', async () => {
    const owner = await accepted(
      'T9A',
      makePatient({ id: 'doc-bundle', ...makeStranger(2) }),
      { resourceType: 'Binary', id: 'scan-1', contentType: 'application/pdf', data } as never,
      makeLetter('letter-bundle', 'doc-bundle', { url: 'Binary/scan-1', title: 'Scan' }),
    );
    const found = await binaryId(owner);
    expect(found).not.toBe('scan-1');
    expect((await readBinary(found)).body).toMatchObject({ contentType: 'application/pdf', data });
  });

  it('of more than 4 MB is TOO_LARGE, and nothing of the message is stored', async () => {
    const large = makePdf(4_000_001).toString('base64');
    const refused = await send(
      'T9A',
      makePatient({ id: 'doc-large', ...makeStranger(3) }),
      makeLetter('letter-large', 'doc-large', { contentType: 'application/pdf', data: large }),
    );
    expect([refused.status, refused.code]).toEqual([413, 'TOO_LARGE']);
    expect(JSON.stringify(await region.recordItems())).not.toContain(makeStranger(3).family);
  });

  it('that is no base64 is INVALID_REQUEST at its place', async () => {
    const refused = await send(
      'T9A',
      makePatient({ id: 'doc-1' }),
      makeLetter('x', 'doc-1', { data: 'no base64!' }),
    );
    expect([refused.status, refused.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(refused.text).toContain('DocumentReference.content.attachment.data: must be base64');
  });
});

describe('the type of a document', () => {
  const html = Buffer.from(`<!DOCTYPE html><script>alert(1)</script>${' '.repeat(10_000)}`);
  it.each([
    ['HTML declared as HTML', 'text/html', html],
    ['HTML declared as text', 'text/plain', html],
    ['HTML declared as PDF', 'application/pdf', html],
    [
      'SVG',
      'image/svg+xml',
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${' '.repeat(10_000)}</svg>`),
    ],
    ['XML', 'application/xml', Buffer.from(`<?xml version="1.0"?><a>${' '.repeat(10_000)}</a>`)],
    ['a PNG declared as PDF', 'application/pdf', Buffer.from('\x89PNG\r\n\x1a\n'.padEnd(9_000), 'latin1')],
  ])('%s is application/octet-stream', async (_, declared, bytes) => {
    const order = (await region.recordItems()).length;
    const id = `type-${order}`;
    const owner = await accepted(
      'T9A',
      makePatient({ id, ...makeStranger(1000 + order) }),
      makeLetter(`letter-${id}`, id, { contentType: declared, data: bytes.toString('base64') }),
    );
    const [letter] = await letters(owner);
    expect(attachmentOf(letter)).toMatchObject({
      contentType: 'application/octet-stream',
      extension: [{ url: declaredTypeExtension, valueString: declared }],
    });
    const binary = attachmentOf(letter)?.url?.replace('Binary/', '') ?? '';
    const { headers } = await readBinary(binary, { headers: { Accept: 'application/octet-stream' } });
    expect(headers['content-type']).toBe('application/octet-stream');
    const asHtml = await readBinary(binary, { headers: { Accept: 'text/html' } });
    expect(asHtml.headers['content-type']).toContain('application/fhir+json');
  });
});

describe('a document that the caller may not read', () => {
  let unknown: { status: number; text: string };
  beforeAll(async () => {
    unknown = await readBinary('0123456789abcdef0123456789abcdef');
  });

  async function expectNoOracle(id: string, caller: TestCaller) {
    const { code, status, text } = await readBinary(id, { caller });
    expect([status, code]).toEqual([403, 'NO_RELATIONSHIP']);
    expect({ status, text }).toEqual({ status: unknown.status, text: unknown.text });
  }

  it('is answered as an unknown one where there is no relationship', async () => {
    const owner = await accepted(
      'T9B',
      makePatient({ id: 'own-b', ...makeStranger(40) }),
      makeLetter('letter-b', 'own-b', { contentType: 'application/pdf', data }),
    );
    const id = await binaryId(owner, 'T9B');
    await expectNoOracle(id, { organisation: 'T9A' });
    const callsOf = async (document: string) => {
      endpoint.setPlan(undefined);
      await readBinary(document);
      return endpoint.calls();
    };
    expect(await callsOf(id)).toBe(await callsOf('0123456789abcdef0123456789abcdef'));
  });

  it('is answered as an unknown one where its entry is confidential, retracted, or refers to another by now', async () => {
    const letter = (more: object, mark = '') =>
      makeLetter(
        'letter-own',
        'own-2',
        { contentType: 'application/pdf', data: makePdf(9_000, mark).toString('base64') },
        more as never,
      );
    const number = testNhsNumber(7);
    await accepted('T9A', makePatient({ id: 'own-1', nhsNumber: number }));
    const owner = await accepted('T9B', makePatient({ id: 'own-2', nhsNumber: number }), letter({}));
    const id = await binaryId(owner);
    expect((await readBinary(id)).status).toBe(200);
    const label = {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
    };
    await accepted('T9B', letter({ securityLabel: [label] }));
    await expectNoOracle(id, {});
    expect((await readBinary(id, { caller: { organisation: 'T9B' } })).status).toBe(200);
    await accepted('T9B', letter({}, 'another'));
    await expectNoOracle(id, {});
    await accepted('T9B', letter({ status: 'entered-in-error' }, 'another'));
    await expectNoOracle(id, { organisation: 'T9B' });
  });

  it('is answered as an unknown one where the role does not open its section', async () => {
    const number = testNhsNumber(9);
    const owner = await accepted(
      'T9A',
      makePatient({ id: 'own-3', nhsNumber: number }),
      makeLetter('letter-own-3', 'own-3', { contentType: 'application/pdf', data }),
    );
    await expectNoOracle(await binaryId(owner), { role: 'clerk' });
  });

  it('is answered as an unknown one where the patient objects to its section, and refused where they object to all', async () => {
    const number = testNhsNumber(11);
    await accepted('T9A', makePatient({ id: 'own-4', nhsNumber: number }));
    const owner = await accepted(
      'T9B',
      makePatient({ id: 'own-5', nhsNumber: number }),
      makeLetter('letter-own-5', 'own-5', { contentType: 'application/pdf', data }),
    );
    const id = await binaryId(owner);
    const object = (provision: object) =>
      region.call('record-objection', { body: { ...makeConsent(owner), provision } });
    const code = [
      { coding: [{ system: 'https://towpath.example/fhir/CodeSystem/section', code: 'documents' }] },
    ];
    expect((await object({ type: 'deny', code })).status).toBe(201);
    await expectNoOracle(id, {});
    expect((await object({ type: 'deny' })).status).toBe(201);
    expect((await readBinary(id)).code).toBe('NO_PATIENT_CONSENT');
  });

  it('needs a role that reads records', async () => {
    expect((await readBinary('anything', { caller: { role: 'feed' } })).code).toBe('FORBIDDEN_ROLE');
  });
});

describe('a pointer to a document that is held elsewhere', () => {
  const careTrust = { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RX9' };
  const pointer = (url: string, more: object = {}) =>
    makeLetter('pointer-1', 'ptr-1', { contentType: 'application/pdf', url }, more as never);
  const patient = makePatient({ id: 'ptr-1', ...makeStranger(50) });

  it('is kept, shown in the section of its SNOMED CT type and marked as not held here, with who holds it', async () => {
    const owner = await accepted(
      'T9A',
      patient,
      pointer('https://records.rx9.example/plan/1', {
        type: { coding: [{ system: 'http://snomed.info/sct', code: '736253002' }] },
        custodian: { identifier: careTrust },
      }),
    );
    const { body } = await region.call<Bundle>('read-section', { path: { id: owner, code: 'care-plans' } });
    const shown = body.entry?.[0]?.resource as DocumentReference;
    expect(shown.custodian?.identifier).toEqual(careTrust);
    expect(attachmentOf(shown)).toEqual({
      contentType: 'application/pdf',
      url: 'https://records.rx9.example/plan/1',
      extension: [{ url: notHeldExtension, valueIdentifier: careTrust }],
    });
  });

  it('takes its custodian from an Organization of the same Bundle', async () => {
    const owner = await accepted(
      'T9A',
      patient,
      { resourceType: 'Organization', id: 'org-1', identifier: [careTrust] } as never,
      pointer('https://records.rx9.example/plan/2', { custodian: { reference: 'Organization/org-1' } }),
    );
    const [shown] = await letters(owner);
    expect(shown?.custodian?.identifier).toEqual(careTrust);
    expect(attachmentOf(shown)?.extension?.[0]?.valueIdentifier).toEqual(careTrust);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
    'http://localhost:8000/',
    'ssp://records.rx9.example/plan/1',
  ])('is text and is never fetched: %s', async (url) => {
    const fetched: string[] = [];
    const original = globalThis.fetch;
    globalThis.fetch = (input, init) => {
      fetched.push(String(input));
      return original(input, init);
    };
    try {
      const owner = await accepted('T9A', patient, pointer(url));
      expect(attachmentOf((await letters(owner))[0])?.url).toBe(url);
    } finally {
      globalThis.fetch = original;
    }
    expect(fetched.filter((one) => one.startsWith(url))).toEqual([]);
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'vbscript:x',
  ])('is refused where its address could run or read something: %j', async (url) => {
    const refused = await send('T9A', patient, pointer(url));
    expect([refused.status, refused.code]).toEqual([400, 'INVALID_REQUEST']);
    const outcome = refused.body as unknown as OperationOutcome;
    expect(JSON.stringify(outcome)).toContain('DocumentReference.content.attachment.url');
    expect(refused.text).not.toContain(url);
  });

  it('loses an address that means something on its sender’s server alone', async () => {
    const owner = await accepted('T9A', patient, pointer('Binary/on-our-server'));
    const [shown] = await letters(owner);
    expect(attachmentOf(shown)?.url).toBeUndefined();
    expect(shown).toMatchObject({
      content: [{ attachment: { _url: { extension: [{ valueCode: 'not-permitted' }] } } }],
    });
  });
});

describe('a documents bucket that does not answer', () => {
  it('leaves a read with 503 and nothing disclosed', async () => {
    const owner = await accepted(
      'T9A',
      makePatient({ id: 'gone-1', ...makeStranger(60) }),
      makeLetter('letter-gone', 'gone-1', {
        contentType: 'application/pdf',
        data: makePdf(9_000, 'gone').toString('base64'),
      }),
    );
    const id = await binaryId(owner);
    const items = await region.recordItems();
    const document = items.find((item) => item.PK === `DOCUMENT#${id}`);
    const { PutCommand } = await import('@aws-sdk/lib-dynamodb');
    await region.store.client.send(
      new PutCommand({ TableName: region.store.recordTable, Item: { ...document, digest: 'f'.repeat(64) } }),
    );
    const answer = await readBinary(id);
    expect([answer.status, answer.code]).toEqual([503, 'STORE_UNAVAILABLE']);
  });
});

it('no name and no NHS number is in a log or in a document’s key', async () => {
  const keys = [
    ...(await region.documentsBucket.keys()),
    ...(await region.recordItems()).map(({ PK, SK }) => `${PK} ${SK}`),
  ];
  for (const canary of ['Lockwood', testNhsNumber(1), testNhsNumber(7)]) {
    expect(region.logs()).not.toContain(canary);
    expect(keys.join()).not.toContain(canary);
  }
});
