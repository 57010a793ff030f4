import { createHash } from 'node:crypto';
import { awsSigner } from './aws-signer.ts';

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
  const signer = awsSigner('s3', { uriEscapePath: false });
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
