import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attachmentIssues,
  completeDocument,
  declaredTypeExtension,
  largestInlineBody,
  notHeldExtension,
  refersToDocument,
  separateDocuments,
} from '../../../../functions/formats/fhir/attachments.ts';
import type { JsonObject } from '../../../../functions/formats/fhir/json.ts';

const keeping = { ods: 'T9A', idOf: (digest: string) => digest.slice(0, 32) };

/** The same attachment in each type that can hold one. */
const holders = {
  DocumentReference: (attachment: JsonObject) => ({ content: [{ attachment }] }),
  DiagnosticReport: (attachment: JsonObject) => ({ presentedForm: [attachment] }),
  Communication: (attachment: JsonObject) => ({ payload: [{ contentAttachment: attachment }] }),
  RelatedPerson: (attachment: JsonObject) => ({ photo: [attachment] }),
} as const;
type Holder = keyof typeof holders;
const types = Object.keys(holders) as Holder[];
const hold = (type: Holder, attachment: JsonObject): JsonObject => ({
  resourceType: type,
  id: 'one',
  ...holders[type](attachment),
});

describe('separating documents', () => {
  it('gives back the bytes of every large body and leaves every small one, in all types that hold attachments', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.integer({ min: 0, max: 2 * largestInlineBody }),
        fc.nat({ max: 255 }),
        (type, size, fill) => {
          const bytes = Buffer.alloc(size, fill);
          const sent = hold(type, { title: 'T', data: bytes.toString('base64') });
          const { documents, resource } = separateDocuments(sent, keeping);
          const isLarge = size > largestInlineBody;
          expect(documents.map((document) => document.bytes.equals(bytes))).toEqual(isLarge ? [true] : []);
          expect(JSON.stringify(resource).includes('"data"')).toBe(!isLarge);
          for (const { id } of documents) expect(refersToDocument(resource, id)).toBe(true);
          expect(refersToDocument(resource, 'another')).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes blanks out of base64, as senders break its lines', () => {
    const bytes = Buffer.alloc(9_000, 7);
    const data = bytes.toString('base64').replace(/(.{76})/g, '$1\r\n');
    const [document] = separateDocuments(hold('DocumentReference', { data }), keeping).documents;
    expect(document?.bytes.equals(bytes)).toBe(true);
    expect(attachmentIssues(hold('DocumentReference', { data }))).toEqual([]);
  });

  it('does not believe a sender who writes under our own addresses', () => {
    const forged = [
      { url: notHeldExtension, valueIdentifier: { value: 'FORGED' } },
      { url: declaredTypeExtension, valueString: 'FORGED' },
      { url: 'https://sender.example/theirs', valueString: 'kept' },
    ];
    const { resource } = separateDocuments(
      hold('DocumentReference', { data: 'AAAA', contentType: 'application/octet-stream', extension: forged }),
      keeping,
    );
    expect(JSON.stringify(resource)).not.toContain('FORGED');
    expect(JSON.stringify(resource)).toContain('kept');
  });

  it('names the sender as holder where no custodian is named', () => {
    const { resource } = separateDocuments(
      hold('DiagnosticReport', { url: 'https://elsewhere.example/1' }),
      keeping,
    );
    expect(resource.presentedForm).toMatchObject([{ extension: [{ valueIdentifier: { value: 'T9A' } }] }]);
  });

  it('reaches what a resource contains', () => {
    const inner = hold('DocumentReference', {
      contentType: 'text/html',
      data: Buffer.alloc(9_000).toString('base64'),
    });
    const { documents, resource } = separateDocuments(
      { ...hold('Communication', {}), contained: [inner] },
      keeping,
    );
    expect(documents).toHaveLength(1);
    expect(refersToDocument(resource, documents[0]?.id ?? '')).toBe(true);
    const bad = {
      ...hold('Communication', {}),
      contained: [hold('DocumentReference', { url: 'file:///x' })],
    };
    expect(attachmentIssues(bad)).toEqual([
      'DocumentReference.content.attachment.url: must be an https, http, ssp or urn address',
    ]);
  });

  it('leaves resources of other types alone, whatever they hold', () => {
    const observation = { resourceType: 'Observation', content: [{ attachment: { data: 'no base64!' } }] };
    expect(separateDocuments(observation, keeping)).toEqual({ resource: observation, documents: [] });
    expect(attachmentIssues(observation)).toEqual([]);
  });
});

describe('completing a document from its Bundle', () => {
  const binary = { resourceType: 'Binary', id: 'b', contentType: 'application/pdf', data: 'AAAA' };
  const named = new Map<string, JsonObject>([['Binary/b', binary]]);
  const addresses = new Map([['urn:uuid:0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001', 'Binary/b']]);

  it.each(['Binary/b', 'urn:uuid:0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001'])('finds the Binary at %s', (url) => {
    const completed = completeDocument(hold('DocumentReference', { url, title: 'T' }), named, addresses);
    expect(completed.content).toEqual([
      { attachment: { contentType: 'application/pdf', title: 'T', data: 'AAAA' } },
    ]);
  });

  it('believes the attachment before the Binary about the type, as FHIR has it nowhere', () => {
    const attachment = { url: 'Binary/b', contentType: 'image/png' };
    const completed = completeDocument(hold('DocumentReference', attachment), named, addresses);
    expect(completed.content).toMatchObject([{ attachment: { contentType: 'image/png' } }]);
  });

  it('takes the body of a Binary that the resource itself contains, which then goes', () => {
    const other = { resourceType: 'Practitioner', id: 'p' };
    const sent = { ...hold('DocumentReference', { url: '#b' }), contained: [binary, other] };
    const completed = completeDocument(sent, new Map(), new Map());
    expect(completed).toMatchObject({ content: [{ attachment: { data: 'AAAA' } }], contained: [other] });
    expect(completeDocument({ ...sent, contained: [binary] }, new Map(), new Map())).not.toHaveProperty(
      'contained',
    );
  });

  it('leaves an address that names no Binary of the Bundle', () => {
    const sent = hold('DocumentReference', { url: 'Binary/other' });
    expect(completeDocument(sent, named, addresses)).toEqual(sent);
  });
});

describe('what is refused of an attachment', () => {
  it.each([
    ['javascript:alert(1)'],
    ['JAVASCRIPT:alert(1)'],
    ['data:text/html;base64,AAAA'],
    ['file:///etc/passwd'],
    ['blob:https://x'],
    ['ftp://x'],
    ['java\tscript:alert(1)'],
    [' https://elsewhere.example'],
    ['https:\\\\elsewhere.example'],
    [12 as never],
  ])('the address %j', (url) => {
    for (const type of types) expect(attachmentIssues(hold(type, { url }))).toHaveLength(1);
  });

  it.each(['AAA', 'AAAA=', '====', 'A*AA', 'AA=A'])('the body %j', (data) => {
    expect(attachmentIssues(hold('DocumentReference', { data }))).toEqual([
      'DocumentReference.content.attachment.data: must be base64',
    ]);
  });
});
