import type { Attachment, DocumentReference } from 'fhir/r4.js';
import { confidentialitySystem, odsCodeSystem } from '../fhir/identifier-systems.ts';
import { documentStatuses, toConcept } from './codes.ts';
import { readEncapsulated, readPointer, toTextAttachment } from './encapsulated-data.ts';
import type { Segment } from './message.ts';
import { readValue, textTypes } from './observation-value.ts';
import { nameInWords } from './person.ts';
import { idOf, metaOf, type Reading, readInstant, report } from './reading.ts';

type Document = DocumentReference & { readonly id: string };

/** The documents of an MDM. */
export interface SaidDocument {
  readonly document: Document;
  /** The document that this one takes the place of (T10), as far as the message says it: its end. */
  readonly replaced?: Document;
}

/**
 * The DocumentReference of TXA and its OBX. It is known by its unique document number (TXA-12): T08 writes it anew under the
 * same number, T10 puts a document of another number in the place of its parent (TXA-13).
 */
export function readDocument(
  reading: Reading,
  { event, localId, obxs, txa }: { event: string; localId: string; txa: Segment; obxs: readonly Segment[] },
): SaidDocument | undefined {
  const number = entityOf(txa, 12);
  const parent = entityOf(txa, 13);
  const type = toConcept(txa.field(2).repetitions[0], '0270');
  if (number === undefined) report(reading, txa, 12, '101', 'names no document');
  if (event === 'T10' && parent === undefined)
    report(reading, txa, 13, '101', 'names no document to replace');
  const attachments = readAttachments(reading, obxs);
  if (attachments.length === 0 && reading.issues.length === 0)
    report(reading, obxs[0] ?? { name: 'OBX', sequence: 1 }, 5, '101', 'holds no document');
  if (number === undefined || attachments.length === 0) return undefined;
  const date = readInstant(reading, txa, 4) ?? readInstant(reading, txa, 6) ?? reading.sentAt;
  const author = txa
    .field(9)
    .repetitions.map(nameInWords)
    .filter((name) => name !== '');
  const availability = txa.field(19).value?.toUpperCase();
  const docStatus = documentStatuses[txa.field(17).value?.toUpperCase() ?? ''];
  const confidentiality = txa.field(18).value?.toUpperCase();
  const title = txa.field(16).value;
  const document: Document = {
    resourceType: 'DocumentReference',
    id: documentId(number),
    ...metaOf(reading),
    masterIdentifier: {
      value: number,
      assigner: { identifier: { system: odsCodeSystem, value: reading.organisation } },
    },
    status: statusOf(availability),
    ...(docStatus && { docStatus }),
    ...(type && { type }),
    subject: { reference: `Patient/${localId}` },
    ...(date && { date }),
    ...(author.length > 0 && { author: author.map((display) => ({ type: 'Practitioner', display })) }),
    custodian: { type: 'Organization', identifier: { system: odsCodeSystem, value: reading.organisation } },
    ...(parent !== undefined &&
      parent !== number && {
        relatesTo: [
          {
            code: event === 'T02' ? 'appends' : 'replaces',
            target: { reference: `DocumentReference/${documentId(parent)}` },
          },
        ],
      }),
    ...((confidentiality === 'R' || confidentiality === 'V') && {
      securityLabel: [{ coding: [{ system: confidentialitySystem, code: confidentiality }] }],
    }),
    content: attachments.map((attachment) => ({
      attachment: { ...attachment, ...(title && { title }) },
    })),
  };
  return {
    document,
    ...(event === 'T10' &&
      parent !== undefined &&
      parent !== number && {
        replaced: {
          resourceType: 'DocumentReference',
          id: documentId(parent),
          ...metaOf(reading),
          status: 'superseded',
          subject: { reference: `Patient/${localId}` },
          content: [{ attachment: { title: 'Replaced' } }],
        },
      }),
  };
}

/** A document after another has taken its place. */
export function supersedeDocument(said: DocumentReference, held: DocumentReference): DocumentReference {
  return { ...held, ...(said.meta && { meta: { ...held.meta, ...said.meta } }), status: said.status };
}

function documentId(number: string): string {
  return idOf('document', number);
}

/** EI: the number, and the system that gave it. */
function entityOf(txa: Segment, index: number): string | undefined {
  const [entity] = txa.field(index).repetitions;
  const parts = [entity?.(1), entity?.(2), entity?.(3)].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join('^');
}

/** TXA-19, HL7 table 0273. */
function statusOf(availability: string | undefined): DocumentReference['status'] {
  if (availability === 'CA') return 'entered-in-error';
  return availability === 'OB' ? 'superseded' : 'current';
}

/** Lines of text are one attachment; each file is one of its own. */
function readAttachments(reading: Reading, obxs: readonly Segment[]): Attachment[] {
  const lines: string[] = [];
  const files: Attachment[] = [];
  for (const obx of obxs) {
    const type = obx.field(2).value?.toUpperCase() ?? '';
    if (type === 'ED' || type === 'RP') {
      const file = type === 'ED' ? readEncapsulated(reading, obx) : readPointer(reading, obx);
      if (file) files.push(file);
    } else {
      const { valueString } = readValue(reading, obx);
      if (valueString !== undefined) lines.push(valueString);
      else if (!textTypes.has(type) && reading.issues.length === 0)
        report(reading, obx, 2, '103', 'must be text or a file');
    }
  }
  const text = lines.join('\n');
  return [...(text.trim() === '' ? [] : [toTextAttachment(text)]), ...files];
}
