import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import type { RequestData } from './dynalite.ts';
import { internalServerError, isServiceError, ServiceError } from './errors.ts';

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
// Longer than the SDK keeps a socket, so that it never sends into one that is being closed.
const KEEP_ALIVE_MS = 65_000;

const tooLarge = Symbol('too large');

/** Answers one request: `X-Amz-Target` and parsed body in, answer out; throws a ServiceError otherwise. */
export type Answerer = (target: string, request: RequestData) => Promise<RequestData>;

/** The listening front. */
export interface HttpFront {
  endpoint: string;
  /** Stops listening and waits for the requests under way. */
  close(): Promise<void>;
}

/** Listens on the loopback address only; port 0 takes any free one. */
export async function listen(port: number, answer: Answerer): Promise<HttpFront> {
  const underWay = new Set<Promise<void>>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, async (request, response) => {
    const body = await readBody(request).catch(() => undefined);
    // A client that goes away in the middle of its request has nobody to answer.
    if (body === undefined) return response.destroy();
    // Otherwise a client with many requests would keep a closing engine open.
    if (!server.listening) response.setHeader('Connection', 'close');
    const served = serve(request, body, response, answer).finally(() => underWay.delete(served));
    underWay.add(served);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    while (underWay.size > 0) await Promise.all(underWay);
    server.closeAllConnections();
    await closed;
  };
  return { endpoint: `http://127.0.0.1:${address.port}`, close };
}

async function serve(
  request: IncomingMessage,
  body: string | typeof tooLarge,
  response: ServerResponse,
  answer: Answerer,
): Promise<void> {
  // Its failure is a client that went away, which ends the request as well.
  const ended = once(response, 'close').catch(() => {});
  try {
    if (body === tooLarge) throw new ServiceError(413, 'RequestEntityTooLarge', 'The request exceeds 16 MiB');
    checkHeaders(request);
    send(response, 200, await answer(String(request.headers['x-amz-target'] ?? ''), parseBody(body)));
  } catch (error) {
    // A defect here or in dynalite costs the one request, never the process.
    const failure = toServiceError(error);
    send(response, failure.statusCode, failure.body);
  }
  await ended;
}

/** The whole body as text, or `tooLarge`; what is too large is read to its end, but not kept. */
async function readBody(request: IncomingMessage): Promise<string | typeof tooLarge> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  return size > MAX_REQUEST_BYTES ? tooLarge : Buffer.concat(chunks, size).toString('utf8');
}

// The signature is not checked, but must be there: a client without credentials should fail here as on AWS.
function checkHeaders({ method, headers }: IncomingMessage): void {
  if (method !== 'POST') {
    throw new ServiceError(404, 'com.amazon.coral.service#UnknownOperationException', 'Only POST is served');
  }
  if (!headers.authorization?.startsWith('AWS4-')) {
    throw new ServiceError(
      400,
      'com.amazon.coral.service#MissingAuthenticationTokenException',
      'Request is missing Authentication Token',
    );
  }
}

function parseBody(body: string): RequestData {
  try {
    const data: unknown = JSON.parse(body);
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as RequestData;
  } catch {
    // Answered below.
  }
  throw new ServiceError(
    400,
    'com.amazon.coral.service#SerializationException',
    'The body is not a JSON structure',
  );
}

/** The error to answer with: a defect is told on the console and becomes an InternalServerError. */
export function toServiceError(error: unknown): ServiceError {
  if (isServiceError(error)) return error;
  console.error('The local DynamoDB engine failed on a request:', error);
  return internalServerError();
}

function send(response: ServerResponse, statusCode: number, data: RequestData): void {
  // Bytes once: its length, its checksum and the socket would each make them of the text again.
  const body = Buffer.from(JSON.stringify(data));
  response.writeHead(statusCode, {
    'Content-Type': 'application/x-amz-json-1.0',
    'Content-Length': body.length,
    'x-amzn-RequestId': randomUUID(),
    'x-amz-crc32': crc32(body),
  });
  response.end(body);
}
