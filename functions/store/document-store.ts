import { requestS3 } from './s3-request.ts';

/** Where the bodies of documents are kept, each under the digest of its bytes: what is kept never changes. */
export interface DocumentStore {
  /** Keeps the bytes under their SHA-256 (hex); rejects when it is not certain that they are kept. */
  put(digest: string, bytes: Buffer): Promise<void>;
  /** The bytes; rejects when they cannot be had. */
  get(digest: string): Promise<Buffer>;
}

/** A document takes longer than an entry: megabytes, and a caller who waits for them. */
const tryMilliseconds = 5_000;

/** A body cannot be stored or read at this moment. */
export class DocumentUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
}

/** The region's documents bucket, by puts that create and never overwrite (`If-None-Match: *`). */
export function openDocumentStore(bucket: string): DocumentStore {
  const objectOf = (digest: string) => ({
    bucket,
    key: `sha256/${digest}`,
    timeoutMilliseconds: tryMilliseconds,
  });
  const twice = async <Value>(attempt: () => Promise<Value>) => {
    try {
      return await attempt().catch(attempt);
    } catch (cause) {
      throw new DocumentUnavailable('the documents bucket does not answer', { cause });
    }
  };
  return {
    put: (digest, bytes) =>
      twice(async () => {
        const { status } = await requestS3({
          ...objectOf(digest),
          method: 'PUT',
          headers: { 'if-none-match': '*', 'content-type': 'application/octet-stream' },
          body: bytes,
        });
        // 412: the same bytes are there, from this or another message.
        if (status !== 200 && status !== 412) throw new Error(`the documents bucket answered ${status}`);
      }),
    get: (digest) =>
      twice(async () => {
        const { body, status } = await requestS3({ ...objectOf(digest), method: 'GET' });
        if (status !== 200) throw new Error(`the documents bucket answered ${status}`);
        return body;
      }),
  };
}
