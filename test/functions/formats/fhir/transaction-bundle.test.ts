import { describe, expect, it } from 'vitest';
import { readBundleFrame } from '../../../../functions/formats/fhir/bundle-frame.ts';
import { readTransaction } from '../../../../functions/formats/fhir/transaction-bundle.ts';

const readTransactionBundle = (sent: unknown) => {
  const read = readBundleFrame(sent);
  return read.ok ? readTransaction(read.frame) : { ok: false as const, issues: read.issues };
};

const uuid = (digit: number) => `0000000${digit}-0000-4000-8000-000000000000`;
const urn = (digit: number) => `urn:uuid:${uuid(digit)}`;
interface Sent {
  readonly resourceType: string;
  readonly id?: string;
  readonly [element: string]: unknown;
}
const put = (resource: Sent, fullUrl?: string) => ({
  ...(fullUrl && { fullUrl }),
  resource,
  request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
});
const post = (resource: Sent, fullUrl?: string) => ({
  ...(fullUrl && { fullUrl }),
  resource,
  request: { method: 'POST', url: resource.resourceType },
});
const bundle = (...entry: unknown[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });
const messageOf = (...entry: unknown[]) => {
  const result = readTransactionBundle(bundle(...entry));
  if (!result.ok) throw new Error(result.issues.join('; '));
  return result.message;
};
const issuesOf = (...entry: unknown[]) => {
  const result = readTransactionBundle(bundle(...entry));
  return result.ok ? [] : result.issues;
};

const nhsNumber = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' };
const ann = { resourceType: 'Patient', id: 'p1', identifier: [nhsNumber] };
const about = (reference: string, id = 'c1') => ({ resourceType: 'Condition', id, subject: { reference } });

describe('a transaction', () => {
  it('reads patients, entries and what is not stored, each with its place', () => {
    const message = messageOf(
      put({ resourceType: 'Organization', id: 'o1' }),
      put(ann),
      post(about('Patient/p1')),
    );
    expect(message).toMatchObject({
      patients: [{ index: 1, patient: { localId: 'p1' } }],
      entries: [{ index: 2, subjectLocalId: 'p1', entry: { id: 'c1', section: 'conditions' } }],
      unsupported: [{ index: 0, resourceType: 'Organization' }],
    });
  });

  it.each([
    ['its fullUrl', urn(1)],
    ['its type and id', 'Patient/p1'],
    ['an absolute fullUrl', 'https://trust.example/fhir/Patient/p1'],
  ])('resolves a subject by %s', (_how, reference) => {
    const fullUrl = reference.startsWith('Patient') ? undefined : reference;
    const [entry] = messageOf(put(ann, fullUrl), put(about(reference))).entries;
    expect(entry?.subjectLocalId).toBe('p1');
  });

  it('resolves a subject whatever the order of the entries', () => {
    expect(messageOf(put(about(urn(1))), put(ann, urn(1))).entries[0]?.subjectLocalId).toBe('p1');
  });

  it('resolves an NHS number that one patient of the Bundle carries', () => {
    const condition = {
      resourceType: 'Condition',
      id: 'c1',
      subject: { identifier: { ...nhsNumber, value: '999 000 0018' } },
    };
    expect(messageOf(put(ann), put(condition)).entries[0]?.subjectLocalId).toBe('p1');
    expect(issuesOf(put(condition))).toEqual([
      'Bundle.entry[0].resource: names no Patient of this Bundle or of this source',
    ]);
    const twoOwners = issuesOf(put(ann), put({ ...ann, id: 'p2' }), put(condition));
    expect(twoOwners).toEqual([
      'Bundle.entry[2].resource: names no Patient of this Bundle or of this source',
    ]);
  });

  it('leaves the id of a patient that is not in the Bundle to the caller', () => {
    expect(messageOf(put(about('Patient/held-earlier'))).entries[0]?.subjectLocalId).toBe('held-earlier');
  });

  it('finds the patient among the participants of an appointment', () => {
    const participant = [{ actor: { reference: urn(2) } }, { actor: { reference: urn(1) } }];
    const appointment = { resourceType: 'Appointment', id: 'a1', participant };
    const message = messageOf(
      put(ann, urn(1)),
      post({ resourceType: 'Practitioner' }, urn(2)),
      put(appointment),
    );
    expect(message.entries[0]?.subjectLocalId).toBe('p1');
  });

  it('replaces temporary addresses by type and id, at any depth, and nothing else', () => {
    const condition = {
      ...about(urn(1)),
      encounter: { reference: urn(2) },
      evidence: [
        { detail: [{ reference: urn(2) }, { reference: 'https://trust.example/fhir/Observation/9' }] },
      ],
      note: [{ text: urn(2) }],
    };
    const encounter = { resourceType: 'Encounter', subject: { reference: urn(1) } };
    const [first, second] = messageOf(put(ann, urn(1)), put(condition), post(encounter, urn(2))).entries;
    expect(first?.entry.resource).toMatchObject({
      subject: { reference: 'Patient/p1' },
      encounter: { reference: `Encounter/${uuid(2)}` },
      evidence: [
        {
          detail: [
            { reference: `Encounter/${uuid(2)}` },
            { reference: 'https://trust.example/fhir/Observation/9' },
          ],
        },
      ],
      note: [{ text: urn(2) }],
    });
    expect(second?.entry.id).toBe(uuid(2));
  });

  it('does not change the Bundle that it was given', () => {
    const sent = bundle(put(ann, urn(1)), put(about(urn(1))));
    const before = JSON.stringify(sent);
    readTransactionBundle(sent);
    expect(JSON.stringify(sent)).toBe(before);
  });

  it.each([
    [
      'an answer to a search',
      { resourceType: 'Bundle', type: 'searchset', entry: [put(ann)] },
      'Bundle.type: must be transaction, batch, message or document',
    ],
    ['no entries', bundle(), 'Bundle.entry: must be a list with at least one entry'],
    [
      'a hundred and one entries',
      bundle(...Array.from({ length: 101 }, (_, at) => put({ ...ann, id: `p${at}` }))),
      'Bundle.entry: has more than 100 entries',
    ],
    ['no Bundle', ann, 'Bundle.resourceType: must be Bundle'],
    ['nothing', undefined, 'Bundle.resourceType: must be Bundle'],
  ])('refuses %s', (_name, sent, issue) => {
    expect(readTransactionBundle(sent)).toEqual({ ok: false, issues: [issue] });
  });

  it.each([
    ['an entry that is null', null, 'Bundle.entry[0]: must be an object'],
    [
      'an entry without resource',
      { request: { method: 'POST', url: 'Flag' } },
      'Bundle.entry[0].resource: must be an object',
    ],
    ['an entry without request', { resource: ann }, 'Bundle.entry[0].request: must be an object'],
    [
      'a DELETE',
      { resource: ann, request: { method: 'DELETE', url: 'Patient/p1' } },
      'Bundle.entry[0].request.method: must be POST or PUT',
    ],
    [
      'a PUT to another id',
      { resource: ann, request: { method: 'PUT', url: 'Patient/p2' } },
      'Bundle.entry[0].request.url: must be the type for POST, type/id for PUT',
    ],
    [
      'a condition without a system',
      { resource: ann, request: { method: 'PUT', url: 'Patient?identifier=x' } },
      'Bundle.entry[0].request.url: the condition must be identifier=system|value',
    ],
    [
      'a POST to another type',
      { resource: ann, request: { method: 'POST', url: 'Person' } },
      'Bundle.entry[0].request.url: must be the type for POST, type/id for PUT',
    ],
    [
      'a resource without id, identifier or urn:uuid:',
      post({ resourceType: 'Patient' }),
      'Bundle.entry[0].resource.id: is missing, and no identifier stands for it',
    ],
    [
      'a resource with a bad id',
      put({ ...ann, id: 'a b' }),
      'Bundle.entry[0].resource.id: must be a FHIR id',
    ],
    [
      'an unknown type',
      put({ resourceType: 'Claim', id: 'x' }),
      'Bundle.entry[0].resource: resourceType: not a clinical type that is accepted here',
    ],
    [
      'an entry about nobody',
      put({ resourceType: 'Condition', id: 'c1' }),
      'Bundle.entry[0].resource: names no Patient of this Bundle or of this source',
    ],
    [
      'an entry about an address that is not in the Bundle',
      put(about(urn(7))),
      'Bundle.entry[0].resource: refers to a urn:uuid that is not in the Bundle',
    ],
    [
      'an entry about a practitioner',
      put(about('Practitioner/x')),
      'Bundle.entry[0].resource: names no Patient of this Bundle or of this source',
    ],
  ])('refuses %s', (_name, entry, issue) => {
    expect(issuesOf(entry)).toEqual([issue]);
  });

  it('refuses the same resource or address twice', () => {
    const issue = 'Bundle.entry[1]: is the same resource as an earlier entry';
    expect(issuesOf(put(ann), put(ann))).toEqual([issue]);
    expect(issuesOf(put(ann, urn(1)), put({ ...ann, id: 'p2' }, urn(1)))).toEqual([issue]);
  });

  it('names the issues of all entries at once', () => {
    const issues = issuesOf(
      put({ ...ann, birthDate: '1970-02-30' }),
      null,
      put({ ...about('Patient/p1'), extra: 1 }),
    );
    expect(issues).toEqual([
      'Bundle.entry[1]: must be an object',
      'Bundle.entry[0].resource: Patient.birthDate: must be a real calendar date',
      'Bundle.entry[2].resource: Condition: has an element that FHIR R4 does not define',
    ]);
  });
});
