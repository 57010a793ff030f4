import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  documentType,
  servedDocumentTypes,
  unknownDocumentType,
} from '../../../../functions/domain/record/document-type.ts';

const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

describe('the type of a document', () => {
  it.each([
    ['application/pdf', '%PDF-1.4 …', 'application/pdf'],
    ['Application/PDF; charset=binary', '%PDF-1.4', 'application/pdf'],
    ['application/x-pdf', '%PDF-1.4', 'application/pdf'],
    ['image/png', '\x89PNG\r\n\x1a\n', 'image/png'],
    ['image/jpg', '\xff\xd8\xff\xe0', 'image/jpeg'],
    ['image/gif', 'GIF89a', 'image/gif'],
    ['image/tiff', 'II*\0', 'image/tiff'],
    ['image/tiff', 'MM\0*', 'image/tiff'],
    ['text/rtf', '{\\rtf1\\ansi', 'application/rtf'],
    [word, 'PK\x03\x04…', word],
    ['text/plain', 'Seen in clinic.\r\n\tReview in June.', 'text/plain'],
    ['text/plain; charset=utf-8', '', 'text/plain'],
  ])('%s, borne out by its bytes, stays', (declared, text, type) => {
    expect(documentType(declared, bytesOf(text))).toBe(type);
  });

  it.each([
    ['nothing declared', undefined, '%PDF-1.4'],
    ['a type that is not served', 'text/html', 'Hello'],
    ['XHTML', 'application/xhtml+xml', '<html/>'],
    ['a property of every object', 'constructor', 'x'],
    ['PDF that begins later', 'application/pdf', ' %PDF-1.4'],
    ['text with mark-up behind blanks', 'text/plain', ' \r\n<script>alert(1)</script>'],
    ['text with a comment', 'text/plain', '<!-- -->'],
    ['text with a processing instruction', 'text/plain', '<?xml version="1.0"?>'],
    ['text with mark-up behind a byte order mark', 'text/plain', '\xef\xbb\xbf<html>'],
    ['text with a zero byte', 'text/plain', 'a\0b'],
    ['text that is no UTF-8', 'text/plain', 'caf\xe9'],
  ])('%s is nothing in particular', (_, declared, text) => {
    expect(documentType(declared, bytesOf(text))).toBe(unknownDocumentType);
  });

  it('is one of the served ones, whatever is declared and whatever the bytes are, and never one that a browser runs', () => {
    const declared = fc.oneof(
      fc.string(),
      fc.constantFrom('text/html', 'image/svg+xml', ...servedDocumentTypes),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('%PDF-', '<html>', 'GIF89a', '{\\rtf').map((text) => new Uint8Array(bytesOf(text))),
    );
    fc.assert(
      fc.property(declared, bytes, (type, content) => {
        expect(servedDocumentTypes).toContain(documentType(type, Buffer.from(content)));
      }),
    );
    expect(servedDocumentTypes.filter((type) => /html|xml$|svg|script/.test(type))).toEqual([]);
  });
});
