/** The type of bytes that are nothing in particular: no reader opens them by itself. */
export const unknownDocumentType = 'application/octet-stream';

const wordDocument = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

const startsWith =
  (...signatures: readonly string[]) =>
  (bytes: Buffer) =>
    signatures.some((signature) =>
      bytes.subarray(0, signature.length).equals(Buffer.from(signature, 'latin1')),
    );

/**
 * The types as which a document may be served, and how its bytes show that it is one (the signatures of the formats' own
 * specifications). HTML, SVG and XML are not among them: a browser would run what they hold.
 */
const servedTypes: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  'application/pdf': startsWith('%PDF-'),
  'application/rtf': startsWith('{\\rtf'),
  'image/gif': startsWith('GIF87a', 'GIF89a'),
  'image/jpeg': startsWith('\xff\xd8\xff'),
  'image/png': startsWith('\x89PNG\r\n\x1a\n'),
  'image/tiff': startsWith('II*\0', 'MM\0*'),
  'text/plain': isPlainText,
  // A Word document is a ZIP file; that it is Word's is its sender's word.
  [wordDocument]: startsWith('PK\x03\x04'),
};

const otherNames: Readonly<Record<string, string>> = {
  'application/x-pdf': 'application/pdf',
  'image/jpg': 'image/jpeg',
  'image/tif': 'image/tiff',
  'text/rtf': 'application/rtf',
};

/** Every type as which a document may be served. */
export const servedDocumentTypes: readonly string[] = [...Object.keys(servedTypes), unknownDocumentType];

/**
 * The type as which the bytes are kept and served: the declared one where it is safe to open and the bytes bear it out, else
 * {@link unknownDocumentType}. What a sender declares alone opens nothing.
 */
export function documentType(declared: string | undefined, bytes: Buffer): string {
  const named = declared?.split(';')[0]?.trim().toLowerCase() ?? '';
  const type = otherNames[named] ?? named;
  const bearsOut = Object.hasOwn(servedTypes, type) ? servedTypes[type] : undefined;
  return bearsOut?.(bytes) ? type : unknownDocumentType;
}

/** What a browser that guesses would take for more than text (WHATWG MIME Sniffing, "identifying a resource"). */
const markup = /^[\s\uFEFF]*<(?:[!?]|[a-z])/i;

/** UTF-8 without control characters other than those of lines and pages, and no mark-up. */
function isPlainText(bytes: Buffer): boolean {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return false;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
  return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) && !markup.test(text);
}
