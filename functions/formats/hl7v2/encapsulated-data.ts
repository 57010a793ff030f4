import type { Attachment } from 'fhir/r4.js';
import { mediaTypeOf } from './codes.ts';
import type { Segment } from './message.ts';
import { type Reading, report } from './reading.ts';

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** ED: source ^ type ^ subtype ^ encoding (`A`, `Hex`, `Base64`) ^ data. What cannot be decoded is reported. */
export function readEncapsulated(reading: Reading, obx: Segment): Attachment | undefined {
  const [data] = obx.field(5).repetitions;
  if (!data) return undefined;
  const contentType = mediaTypeOf(data(2), data(3));
  const encoded = data(5) ?? '';
  const body = decode(encoded, data(4)?.toUpperCase());
  if (body === undefined)
    return report(reading, obx, 5, '102', 'does not hold data in the encoding that it names');
  return { contentType, data: body };
}

/** RP: a document that lies elsewhere. */
export function readPointer(reading: Reading, obx: Segment): Attachment | undefined {
  const [pointer] = obx.field(5).repetitions;
  const url = pointer?.(1);
  if (!url?.startsWith('https://')) return report(reading, obx, 5, '102', 'must be an https address');
  return { contentType: mediaTypeOf(pointer?.(3), pointer?.(4)), url };
}

/** A text as an attachment. */
export function toTextAttachment(text: string): Attachment {
  return { contentType: 'text/plain; charset=utf-8', data: Buffer.from(text).toString('base64') };
}

function decode(text: string, encoding: string | undefined): string | undefined {
  if (encoding === 'BASE64') {
    const compact = text.replaceAll(/\s/g, '');
    return base64.test(compact) && compact.length % 4 === 0 ? compact : undefined;
  }
  if (encoding === 'HEX')
    return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex').toString('base64') : undefined;
  return encoding === 'A' || encoding === undefined ? Buffer.from(text).toString('base64') : undefined;
}
