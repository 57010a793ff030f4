import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { groupTransactions } from '../../../local/cli/feed/group-transactions.ts';
import { hideNumbers, type ResourceItem } from '../../../local/cli/feed/resource-item.ts';
import { sendBundle } from '../../../local/cli/feed/send-bundle.ts';
import { sendTransaction } from '../../../local/cli/feed/send-transaction.ts';
import { unpackFile, unpackLine } from '../../../local/cli/feed/unpack-file.ts';
import { regionClient } from '../../../local/cli/region-client.ts';

const patient = { resourceType: 'Patient', id: 'p1' };
const condition = { resourceType: 'Condition', id: 'c1', subject: { reference: 'Patient/p1' } };

function unpack(resource: object, file = 'a.json') {
  return unpackFile(file, JSON.stringify(resource));
}

function itemOf(resourceType: string, id: string, patientId: string, size = 0): ResourceItem {
  const resource = { resourceType, id, ...(size > 0 && { text: 'x'.repeat(size) }) };
  return { file: 'f', label: `${resourceType}/${id}`, resourceType, id, resource, patientId };
}

describe('unpacking a file', () => {
  test('takes a patient, a clinical resource and lines of NDJSON', () => {
    expect(unpack(patient).items).toMatchObject([{ resourceType: 'Patient', patientId: 'p1' }]);
    expect(unpack(condition).items).toMatchObject([{ resourceType: 'Condition', patientId: 'p1' }]);
    expect(unpackLine('b.ndjson', JSON.stringify(condition), 3).items).toHaveLength(1);
    expect(unpackLine('b.ndjson', 'not json', 4).rejected).toEqual([
      { file: 'b.ndjson', resource: 'file (line 4)', reason: 'is not JSON' },
    ]);
  });

  test.each([
    ['an error body', { resourceType: 'OperationOutcome' }, 'an error body, not a record'],
    [
      'a supporting resource',
      { resourceType: 'Organization', id: 'o' },
      /^not a patient or clinical resource/,
    ],
    ['another resource', { resourceType: 'Task', id: 't' }, 'not a patient or clinical resource'],
    [
      'a search answer',
      { resourceType: 'Bundle', type: 'searchset', entry: [{}] },
      /type searchset is an answer to a search, not a record$/,
    ],
    ['a resource about nobody', { resourceType: 'Observation', id: 'o' }, 'names no patient'],
    [
      'a resource without id',
      { resourceType: 'Observation', subject: { reference: 'Patient/p1' } },
      'has no id',
    ],
    [
      'a resource that was cut out of its Bundle',
      {
        resourceType: 'Observation',
        id: 'o',
        subject: { reference: 'urn:uuid:0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001' },
      },
      /urn:uuid/,
    ],
    ['a list', [patient], 'is no FHIR resource'],
  ])('says why %s is not loaded', (_, resource, reason) => {
    const { items, rejected } = unpack(resource);
    expect(items).toEqual([]);
    expect(rejected).toMatchObject([{ file: 'a.json', reason: expect.stringMatching(reason) }]);
  });

  test('says of unknown files that they are not taken', () => {
    expect(unpackFile('m.xml', '<Patient/>').rejected[0]?.reason).toMatch(/no FHIR JSON/);
  });

  test('keys that reach a prototype, duplicate keys and deep nesting are refused', () => {
    expect(unpackFile('a.json', '{"__proto__":{}}').rejected[0]?.reason).toMatch(/key that no FHIR/);
    expect(unpackFile('a.json', '{"id":"a","id":"b"}').rejected[0]?.reason).toMatch(/same key twice/);
    expect(unpackFile('a.json', `${'['.repeat(100_000)}`).rejected[0]?.reason).toMatch(/nested/);
  });

  test('a document is sent whole, and in parts where it is too large for that', () => {
    const { items, wholes = [] } = unpack({
      resourceType: 'Bundle',
      type: 'document',
      entry: [
        {
          fullUrl: 'urn:uuid:0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001',
          resource: { resourceType: 'Composition', subject: { reference: 'https://x/Patient/p1' } },
        },
        { fullUrl: 'https://x/Patient/p1', resource: patient },
        { fullUrl: 'https://x/Encounter/e1', resource: { resourceType: 'Encounter', id: 'e1' } },
        { fullUrl: 'https://x/Practitioner/d1', resource: { resourceType: 'Practitioner', id: 'd1' } },
      ],
    });
    expect(items).toEqual([]);
    const [whole] = wholes;
    expect(whole?.items.map(({ label }) => label)).toEqual([
      'Composition/0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001 (entry 0)',
      'Patient/p1 (entry 1)',
      'Encounter/e1 (entry 2)',
      'Practitioner/d1 (entry 3)',
    ]);
    // Who names nobody is about the document's subject.
    expect(whole?.parts.items.map(({ patientId, resourceType }) => [resourceType, patientId])).toEqual([
      ['Composition', 'p1'],
      ['Patient', 'p1'],
      ['Encounter', 'p1'],
    ]);
    expect(whole?.parts.rejected.map(({ resource }) => resource)).toEqual(['Practitioner/d1 (entry 3)']);
  });

  test('a message is sent whole, its header apart', () => {
    const { wholes } = unpack({
      resourceType: 'Bundle',
      type: 'message',
      entry: [{ resource: { resourceType: 'MessageHeader', id: 'm' } }, { resource: patient }],
    });
    expect(wholes?.[0]?.items.map(({ label }) => label)).toEqual(['Patient/p1 (entry 1)']);
  });

  test('references by fullUrl become Type/id, for the Bundle is sent in parts', () => {
    const url = 'urn:uuid:0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001';
    const { items } = unpack({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { fullUrl: url, resource: { resourceType: 'Patient' } },
        { resource: { resourceType: 'Condition', id: 'c', subject: { reference: url } } },
      ],
    });
    expect(items.map(({ patientId }) => patientId)).toEqual([url.slice(9), url.slice(9)]);
    expect(items[1]?.resource.subject).toEqual({ reference: `Patient/${url.slice(9)}` });
  });

  test('no report names an NHS number that a sender uses as an id', () => {
    const { rejected } = unpack({ resourceType: 'Task', id: '9990000018' });
    expect(JSON.stringify(rejected)).not.toContain('9990000018');
    expect(hideNumbers('a 999 000 0018 b 999-000-0018')).toBe('a (number) b (number)');
    expect(hideNumbers('5d0f7a52-77b3-4d2f-9a66-0c8b7b1f4a01')).toBe('5d0f7a52-77b3-4d2f-9a66-0c8b7b1f4a01');
  });
});

describe('grouping into transactions', () => {
  const items = fc
    .array(
      fc.record({
        type: fc.constantFrom('Patient', 'Condition', 'Observation'),
        id: fc.integer({ min: 0, max: 30 }),
        patient: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 150 },
    )
    .map((drawn) =>
      drawn.map(({ id, patient: owner, type }) =>
        itemOf(type, type === 'Patient' ? `p${owner}` : `r${id}`, `p${owner}`),
      ),
    );

  test('every resource is sent once, one patient a transaction, no name twice, few enough writes', () => {
    fc.assert(
      fc.property(items, (all) => {
        const { groups, rejected } = groupTransactions(all);
        expect(rejected).toEqual([]);
        expect(groups.flat().length).toBe(all.length);
        for (const group of groups) {
          expect(new Set(group.map(({ patientId }) => patientId)).size).toBe(1);
          const names = group.map(({ label }) => label);
          expect(new Set(names).size).toBe(names.length);
          const writes = group.reduce(
            (sum, { resourceType }) => sum + (resourceType === 'Patient' ? 30 : 4),
            0,
          );
          expect(writes).toBeLessThan(100);
        }
      }),
    );
  });

  test('a patient comes before its entries, and its versions in the order of the files', () => {
    const versions = [1, 2].map((version) => ({ ...itemOf('Patient', 'p1', 'p1'), file: `v${version}` }));
    const { groups } = groupTransactions([itemOf('Condition', 'c1', 'p1'), ...versions]);
    expect(groups.map((group) => group.map(({ file, label }) => `${label} ${file}`))).toEqual([
      ['Patient/p1 v1'],
      ['Patient/p1 v2', 'Condition/c1 f'],
    ]);
  });

  test('large resources are spread over several transactions', () => {
    const large = [1, 2, 3].map((id) => itemOf('DocumentReference', `d${id}`, 'p1', 1_400_000));
    expect(groupTransactions(large).groups.map(({ length }) => length)).toEqual([2, 1]);
  });

  test('a resource that names its patient by number alone goes to the one Patient that carries it', () => {
    const subject = { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '999 000 0018' } };
    const { items: named } = unpack({ resourceType: 'Condition', id: 'c', subject });
    const owner: ResourceItem = { ...itemOf('Patient', 'p1', 'p1'), nhsNumber: '9990000018' };
    expect(groupTransactions([...named, owner]).groups[0]?.[1]?.resource.subject).toEqual({
      reference: 'Patient/p1',
    });
    expect(groupTransactions(named).rejected).toMatchObject([
      { reason: expect.stringMatching(/NHS number/) },
    ]);
  });
});

describe('sending a transaction', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A region that answers with whatever the test says of the sent Bundle's resource ids. */
  async function answering(answer: (ids: readonly string[]) => { status: number; body: object }) {
    const sent: string[][] = [];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        const { entry } = JSON.parse(text) as { entry: { resource: { id: string } }[] };
        const ids = entry.map(({ resource }) => resource.id);
        sent.push(ids);
        const { body, status } = answer(ids);
        response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
        response.end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { client: regionClient(`http://127.0.0.1:${port}`), sent };
  }

  const stored = (ids: readonly string[]) => ({
    status: 200,
    body: {
      resourceType: 'Bundle',
      entry: ids.map(() => ({
        response: {
          location: 'Patient/person',
          outcome: {
            issue: [
              {
                details: {
                  coding: [{ system: 'https://towpath.example/fhir/CodeSystem/entry-fate', code: 'stored' }],
                },
              },
            ],
          },
        },
      })),
    },
  });
  const refused = (code: string, diagnostics: string) => ({
    status: 400,
    body: {
      resourceType: 'OperationOutcome',
      issue: [{ diagnostics, details: { text: 'no', coding: [{ code }] } }],
    },
  });
  const items = ['a', 'b', 'c', 'd'].map((id) => itemOf('Condition', id, 'p1'));

  const whole = { file: 'f', label: 'document', bundle: { resourceType: 'Bundle', entry: [] }, items };

  test('a Bundle that is sent whole is told of resource by resource, or refused as one', async () => {
    const post = (status: number, body: object) => ({ post: () => Promise.resolve({ status, body }) });
    const filed = await sendBundle(post(200, stored(['a', 'b', 'c', 'd']).body), 'token', whole);
    expect(filed).toMatchObject({ kind: 'filed', rejected: [], outcomes: [{ fate: 'stored' }, {}, {}, {}] });
    const { body, status } = refused('INVALID_REQUEST', 'Bundle.entry[1].resource: names no Patient');
    const message = {
      resourceType: 'Bundle',
      entry: [{ resource: { resourceType: 'MessageHeader' } }, { resource: body }],
    };
    for (const answer of [body, message])
      expect(await sendBundle(post(status, answer), 'token', whole)).toEqual({
        kind: 'filed',
        outcomes: [],
        rejected: [
          {
            file: 'f',
            resource: 'document',
            reason: 'INVALID_REQUEST: Bundle.entry[1].resource: names no Patient',
          },
        ],
      });
    const large = await sendBundle(post(413, refused('TOO_LARGE', '').body), 'token', whole);
    expect(large).toEqual({ kind: 'too-large' });
  });

  test('a refusal that names an entry loses that entry alone', async () => {
    const { client, sent } = await answering((ids) =>
      ids.includes('b')
        ? refused(
            'INVALID_REQUEST',
            `Bundle.entry[${ids.indexOf('b')}].resource: Condition.code: must be an object`,
          )
        : stored(ids),
    );
    const outcomes = await sendTransaction(client, 'token', items);
    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(3);
    expect(outcomes.filter(({ kind }) => kind === 'rejected')).toMatchObject([
      { item: { id: 'b' }, reason: 'Condition.code: must be an object' },
    ]);
    expect(sent).toEqual([
      ['a', 'b', 'c', 'd'],
      ['a', 'c', 'd'],
    ]);
  });

  test('a refusal that names none is halved until the guilty one is alone', async () => {
    const { client } = await answering((ids) => (ids.includes('c') ? refused('TOO_LARGE', '') : stored(ids)));
    const outcomes = await sendTransaction(client, 'token', items);
    expect(outcomes.filter(({ kind }) => kind === 'rejected')).toMatchObject([
      { item: { id: 'c' }, reason: 'TOO_LARGE: no' },
    ]);
  });

  test('when the patient is not held, all entries say so after one request', async () => {
    const { client, sent } = await answering(() =>
      refused(
        'INVALID_REQUEST',
        'Bundle.entry[0].resource.subject: no Patient of this organisation is held for it',
      ),
    );
    const outcomes = await sendTransaction(client, 'token', items);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    expect(sent).toHaveLength(1);
  });

  test('a refusal of the caller is reported once, for all', async () => {
    const { client, sent } = await answering(() => ({ ...refused('NO_AGREEMENT', ''), status: 403 }));
    expect(await sendTransaction(client, 'token', items)).toHaveLength(4);
    expect(sent).toHaveLength(1);
  });

  test('a throttled request is sent again with the same request id', async () => {
    let calls = 0;
    const { client } = await answering((ids) => {
      calls += 1;
      return calls === 1 ? { status: 429, body: {} } : stored(ids);
    });
    const outcomes = await sendTransaction(client, 'token', items);
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(calls).toBe(2);
  });
});
