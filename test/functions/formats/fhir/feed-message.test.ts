import { describe, expect, it } from 'vitest';
import { readBundleFrame } from '../../../../functions/formats/fhir/bundle-frame.ts';
import { identifierId } from '../../../../functions/formats/fhir/feed-entry.ts';
import {
  readDocument,
  readMessage,
  readMessageHead,
} from '../../../../functions/formats/fhir/one-patient-bundle.ts';
import { readBatch, readTransaction } from '../../../../functions/formats/fhir/transaction-bundle.ts';

const readers = { transaction: readTransaction, message: readMessage, document: readDocument };
const frameOf = (type: string, entry: readonly unknown[], more: object = {}) => {
  const read = readBundleFrame({ resourceType: 'Bundle', type, entry, ...more });
  if (!read.ok) throw new Error(read.issues.join('; '));
  return read.frame;
};
const read = (type: keyof typeof readers, entry: readonly unknown[], more: object = {}) =>
  readers[type](frameOf(type, entry, more));
const messageOf = (...given: Parameters<typeof read>) => {
  const result = read(...given);
  if (!result.ok) throw new Error(result.issues.join('; '));
  return result.message;
};
const issuesOf = (...given: Parameters<typeof read>) => {
  const result = read(...given);
  return result.ok ? [] : result.issues;
};

const system = 'https://trust.example/mrn';
const urn = (digit: number) => `urn:uuid:0000000${digit}-0000-4000-8000-000000000000`;
const ann = { resourceType: 'Patient', id: 'p1', identifier: [{ system, value: 'M1' }] };
const condition = (id: string, reference = 'Patient/p1', more: object = {}) => ({
  resourceType: 'Condition',
  id,
  subject: { reference },
  ...more,
});
const sent = (resource: object, fullUrl?: string) => ({ ...(fullUrl && { fullUrl }), resource });
const header = {
  resourceType: 'MessageHeader',
  id: 'm1',
  eventUri: 'urn:discharge',
  source: { endpoint: 'https://trust.example/engine' },
};
const composition = {
  resourceType: 'Composition',
  id: 'doc-1',
  status: 'final',
  type: { text: 'Discharge summary' },
  title: 'Discharge',
  date: '2026-02-01',
  author: [{ display: 'Ward' }],
  subject: { reference: 'Patient/p1' },
};

describe('the name of a resource', () => {
  const named = (entry: object) => {
    const { entries, patients } = messageOf('transaction', [entry]);
    return patients[0]?.patient.localId ?? entries[0]?.entry.id;
  };
  const byIdentifier = identifierId(system, 'M1');
  const { id: _, ...withoutId } = ann;

  it.each([
    ['its id', { resource: ann, request: { method: 'PUT', url: 'Patient/p1' } }, 'p1'],
    [
      'its identifier when it has no id, whatever address it came under',
      { fullUrl: urn(1), resource: withoutId, request: { method: 'POST', url: 'Patient' } },
      byIdentifier,
    ],
    [
      'the identifier of a conditional update',
      { resource: withoutId, request: { method: 'PUT', url: `Patient?identifier=${system}|M1` } },
      byIdentifier,
    ],
    [
      'that identifier also when it is escaped, and when there is an id beside it',
      {
        resource: ann,
        request: { method: 'PUT', url: `Patient?identifier=${encodeURIComponent(`${system}|M1`)}` },
      },
      byIdentifier,
    ],
    [
      'the identifier of a conditional create',
      { resource: ann, request: { method: 'POST', url: 'Patient', ifNoneExist: `identifier=${system}|M1` } },
      byIdentifier,
    ],
  ])('is %s', (_name, entry, expected) => {
    expect(named(entry)).toBe(expected);
  });

  it('is never an NHS number where there is another identifier', () => {
    const nhs = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' };
    const resource = { resourceType: 'Patient', identifier: [nhs, { system, value: 'M1' }] };
    expect(named({ resource, request: { method: 'POST', url: 'Patient' } })).toBe(byIdentifier);
  });

  it.each([
    ['PUT', 'Patient?family=Lockwood'],
    ['PUT', `Patient?identifier=${system}|M1&family=Lockwood`],
    ['PUT', 'Patient?identifier=M1'],
    ['PUT', `Condition?identifier=${system}|M1`],
    ['POST', `Patient?identifier=${system}|M1`],
  ])('is not taken from %s %s', (method, url) => {
    expect(issuesOf('transaction', [{ resource: ann, request: { method, url } }])).toEqual([
      'Bundle.entry[0].request.url: the condition must be identifier=system|value',
    ]);
  });

  it('marks what is only to be created, and the version that must be held', () => {
    const create = {
      resource: condition('c'),
      request: { method: 'POST', url: 'Condition', ifNoneExist: `identifier=${system}|C1` },
    };
    const update = {
      resource: condition('d'),
      request: { method: 'PUT', url: 'Condition/d', ifMatch: 'W/"3"' },
    };
    const { entries } = messageOf('transaction', [create, update]);
    expect(entries).toMatchObject([
      { onlyIfNew: true, entry: { id: identifierId(system, 'C1') } },
      { expectedVersion: 3 },
    ]);
  });
});

describe('references in a message', () => {
  it.each([
    ['a conditional reference', { reference: `Patient?identifier=${system}|M1` }],
    ['a logical reference', { identifier: { system, value: 'M1' } }],
  ])('%s is the Patient of the message who carries the identifier', (_name, subject) => {
    const entry = { ...condition('c'), subject };
    expect(messageOf('message', [sent(header), sent(ann), sent(entry)]).entries[0]?.subjectLocalId).toBe(
      'p1',
    );
  });

  it('that name an identifier which nothing in the message carries are the name that it gives', () => {
    const entry = { ...condition('c'), subject: { identifier: { system, value: 'M9' } } };
    expect(messageOf('message', [sent(header), sent(entry)]).entries[0]?.subjectLocalId).toBe(
      identifierId(system, 'M9'),
    );
  });

  it('may go in a circle', () => {
    const one = condition('c1', urn(1), { evidence: [{ detail: [{ reference: urn(3) }] }] });
    const other = condition('c2', urn(1), { evidence: [{ detail: [{ reference: urn(2) }] }] });
    const { entries } = messageOf('message', [
      sent(header),
      sent(ann, urn(1)),
      sent(one, urn(2)),
      sent(other, urn(3)),
    ]);
    expect(entries.map(({ entry }) => entry.resource)).toMatchObject([
      { evidence: [{ detail: [{ reference: 'Condition/c2' }] }] },
      { evidence: [{ detail: [{ reference: 'Condition/c1' }] }] },
    ]);
  });

  it('may not dangle where they mean nothing outside the message', () => {
    const dangling = condition('c1', 'Patient/p1', { encounter: { reference: urn(9) } });
    expect(issuesOf('message', [sent(header), sent(ann), sent(dangling)])).toEqual([
      'Bundle.entry[2].resource: refers to a urn:uuid that is not in the Bundle',
    ]);
    const elsewhere = condition('c1', 'Patient/p1', {
      encounter: { reference: 'Encounter/of-an-earlier-one' },
    });
    expect(issuesOf('message', [sent(header), sent(ann), sent(elsewhere)])).toEqual([]);
  });
});

describe('a FHIR message', () => {
  it('is its resources, each with the time of the message where it has none', () => {
    const dated = condition('c2', 'Patient/p1', { meta: { lastUpdated: '2026-01-01T10:00:00Z' } });
    const message = messageOf('message', [sent(header), sent(ann), sent(condition('c1')), sent(dated)], {
      timestamp: '2026-02-01T10:00:00+01:00',
    });
    expect(message.patients).toMatchObject([{ index: 1, patient: { sentAt: '2026-02-01T09:00:00.000Z' } }]);
    expect(message.entries.map(({ entry }) => entry.sentAt)).toEqual([
      '2026-02-01T09:00:00.000Z',
      '2026-01-01T10:00:00.000Z',
    ]);
  });

  it('is answered by its id, event and source', () => {
    expect(readMessageHead({ entry: [sent(header)] })).toEqual({
      id: 'm1',
      event: { eventUri: 'urn:discharge' },
      source: header.source,
    });
  });

  const noHeader = 'Bundle.entry[0]: must be a MessageHeader with id, event and source';
  it.each([
    ['without header', [sent(ann)], noHeader],
    ['whose header has no event', [sent({ ...header, eventUri: undefined }), sent(ann)], noHeader],
    [
      'that is an answer',
      [sent({ ...header, response: { identifier: 'x', code: 'ok' } })],
      'Bundle.entry[0].resource.response: an answer is no feed',
    ],
    [
      'about two patients',
      [sent(header), sent(ann), sent({ ...ann, id: 'p2', identifier: [] })],
      'Bundle: holds two Patients; a message is about one',
    ],
    [
      'whose patient is not the one its entries refer to',
      [sent(header), sent(ann), sent(condition('c1', 'Patient/p2'))],
      'Bundle.entry[2].resource: is about another Patient than the message',
    ],
    [
      'whose entries refer to two patients',
      [sent(header), sent(condition('c1', 'Patient/p1')), sent(condition('c2', 'Patient/p2'))],
      'Bundle.entry[2].resource: is about another Patient than the message',
    ],
    ['with an entry that is no object', [sent(header), 7], 'Bundle.entry[1]: must be an object'],
  ])('%s is refused', (_name, entries, issue) => {
    expect(issuesOf('message', entries)).toEqual([issue]);
  });
});

describe('a document', () => {
  const nameless = { ...composition, id: undefined };
  const { subject: _, ...subjectless } = composition;

  it('is its Composition, whole, and its entries', () => {
    const { entries, patients } = messageOf('document', [
      sent({ ...composition, section: [{ title: 'Problems', entry: [{ reference: urn(2) }] }] }),
      sent(ann, urn(1)),
      sent(condition('c1', urn(1)), urn(2)),
      // Who names nobody is about the document's subject.
      sent({ resourceType: 'AllergyIntolerance', id: 'a1', code: { text: 'Latex' } }),
    ]);
    expect(patients).toHaveLength(1);
    expect(entries.map(({ entry, subjectLocalId }) => [entry.section, entry.id, subjectLocalId])).toEqual([
      ['documents', 'doc-1', 'p1'],
      ['conditions', 'c1', 'p1'],
      ['allergies', 'a1', 'p1'],
    ]);
    expect(entries[0]?.entry.resource).toMatchObject({
      section: [{ title: 'Problems', entry: [{ reference: 'Condition/c1' }] }],
    });
  });

  it.each([
    [
      'its own identifier',
      { ...composition, identifier: { system, value: 'D1' } },
      {},
      identifierId(system, 'D1'),
    ],
    ['its id', composition, { identifier: { system, value: 'B1' } }, 'doc-1'],
    [
      'the identifier of its Bundle',
      nameless,
      { identifier: { system, value: 'B1' } },
      identifierId(system, 'B1'),
    ],
  ])('is known by %s', (_name, resource, more, expected) => {
    expect(messageOf('document', [sent(resource), sent(ann)], more).entries[0]?.entry.id).toBe(expected);
  });

  it.each([
    ['without Composition', [sent(ann)], 'Bundle.entry[0]: must be a Composition'],
    [
      'about nobody',
      [sent(subjectless), sent(ann)],
      'Bundle.entry[0].resource: names no Patient of this Bundle or of this source',
    ],
    [
      'about two patients',
      [sent(composition), sent(ann), sent({ ...ann, id: 'p2', identifier: [] })],
      'Bundle: holds two Patients; a message is about one',
    ],
  ])('%s is refused', (_name, entries, issue) => {
    expect(issuesOf('document', entries)).toEqual([issue]);
  });
});

describe('a batch', () => {
  it('loses its bad entries and keeps the others', () => {
    const put = (resource: { resourceType: string; id: string }) => ({
      resource,
      request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
    });
    const { issues, message } = readBatch(
      frameOf('batch', [
        put(ann),
        { request: { method: 'GET', url: 'Patient/p1' } },
        put(condition('c1')),
        put({ ...condition('c2'), wrong: true } as never),
        put(condition('c1', 'Patient/p1', { note: [{ text: 'again' }] })),
      ]),
    );
    expect([...issues]).toEqual([
      [1, ['Bundle.entry[1].resource: must be an object']],
      [3, ['Bundle.entry[3].resource: Condition: has an element that FHIR R4 does not define']],
    ]);
    expect(message.patients.map(({ index }) => index)).toEqual([0]);
    expect(message.entries.map(({ index }) => index)).toEqual([2, 4]);
  });

  it('of fifty thousand entries is too long before any is looked at', () => {
    const entry = Array.from({ length: 50_000 }, () => ({ resource: null }));
    for (const type of ['batch', 'transaction', 'message', 'document'])
      expect(readBundleFrame({ resourceType: 'Bundle', type, entry })).toMatchObject({
        ok: false,
        tooLong: true,
      });
  });
});
