import type { Binary } from 'fhir/r4.js';

interface DocumentLike {
  readonly id: string;
  readonly resourceType: string;
  readonly entryId: string;
  readonly contentType: string;
}

/** The Binary of a document; its `securityContext` is the entry by whose rules it is read. */
export function writeBinary({ contentType, entryId, id, resourceType }: DocumentLike, bytes: Buffer): Binary {
  return {
    resourceType: 'Binary',
    id,
    contentType,
    securityContext: { reference: `${resourceType}/${entryId}` },
    data: bytes.toString('base64'),
  };
}

const endings: Readonly<Record<string, string>> = {
  'application/pdf': '.pdf',
  'application/rtf': '.rtf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': '.docx',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/tiff': '.tif',
  'text/plain': '.txt',
};

/** The name under which a document is saved: its id, as its title could hold anything, with the ending of its type. */
export function fileNameOf({ contentType, id }: Pick<DocumentLike, 'id' | 'contentType'>): string {
  return `${id}${endings[contentType] ?? ''}`;
}

/**
 * True when the caller's `Accept` asks for the bytes themselves: its first media type is the document's, or
 * `application/octet-stream`. API Gateway too looks at the first alone, and without a type of its list it would hand out
 * base64 text; everybody else gets a Binary.
 */
export function asksForBytes(accept: string, contentType: string): boolean {
  const first = accept.split(',')[0]?.split(';')[0]?.trim();
  return first === contentType || first === 'application/octet-stream';
}
