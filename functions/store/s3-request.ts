import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** A request to S3. */
export interface S3Request {
  readonly method: 'GET' | 'PUT';
  readonly bucket: string;
  /** Of characters that stand for themselves in a URL; absent for the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly timeoutMilliseconds: number;
}

/** What S3 answered. */
export interface S3Answer {
  readonly status: number;
  readonly etag: string;
  readonly body: Buffer;
}

/**
 * One signed request to S3, without retries. The functions that audit hardly ever send one, and the SDK's client would be a
 * third of their code.
 */
export async function requestS3(request: S3Request): Promise<S3Answer> {
  const { method, bucket, key = '', query = {}, body, timeoutMilliseconds } = request;
  const { AWS_REGION: region = '' } = process.env;
  // As the SDK reads them: an emulator gives one address for all services.
  const endpoint = (process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL)?.replace(/\/$/, '');
  const url = new URL(
    endpoint ? `${endpoint}/${bucket}/${key}` : `https://${bucket}.s3.${region}.amazonaws.com/${key}`,
  );
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: readCredentials(),
    sha256: Sha256,
    uriEscapePath: false,
  });
  const { headers } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: { ...query },
    headers: {
      host: url.host,
      ...request.headers,
      // Object Lock asks for a checksum.
      ...(body && { 'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64') }),
    },
    ...(body && { body }),
  });
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const answer = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(timeoutMilliseconds),
    ...(body && { body: new Uint8Array(body) }),
  });
  return {
    status: answer.status,
    etag: answer.headers.get('etag') ?? '',
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

/** Lambda gives a function its credentials in the environment. */
function readCredentials() {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}

/** Node's SHA-256 in the form that the signer asks for. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
