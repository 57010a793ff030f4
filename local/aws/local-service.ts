import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';

/** A request to a local AWS service, with its whole body. */
export interface ServiceRequest {
  readonly method: string;
  /** As sent, with the query string. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A local AWS service's answer. */
export interface ServiceAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A listening local AWS service. */
export interface LocalService {
  readonly endpoint: string;
  close(): Promise<void>;
}

const maximumRequestBytes = 64 * 1024 * 1024;

async function readAll(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > maximumRequestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Starts an HTTP service on a free port of 127.0.0.1; a handler that throws answers 500. */
export async function startLocalService(
  handle: (request: ServiceRequest) => ServiceAnswer | Promise<ServiceAnswer>,
  onDefect: (error: unknown) => void,
): Promise<LocalService> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    void (async () => {
      try {
        const body = await readAll(incoming);
        if (body === undefined) {
          response.writeHead(413, { Connection: 'close' }).end();
          return;
        }
        const { method = 'GET', url = '/', headers } = incoming;
        const answer = await handle({ method, url, headers, body });
        response.writeHead(answer.statusCode, answer.headers).end(answer.body);
      } catch (error) {
        onDefect(error);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      }
    })();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the service has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
