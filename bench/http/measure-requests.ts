import { randomUUID } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { availableParallelism } from 'node:os';

const CONNECTIONS = [1, 4, 16];
/** A pass and its warm-up stay within the region's throttles (a burst of 200 for a match, 200 a second and 400 for a trust). */
const REQUESTS_A_PASS = 150;
const WARM_UP_REQUESTS = 32;
/** Each function runs in isolates of its own, whose code becomes fast only with use: this often before anything counts. */
const FIRST_REQUESTS = 1_500;
/** Lets the throttles fill up again. */
const PAUSE_MS = 2_500;

/** A running region, and tokens of the users who ask in turn. */
export interface RequestTarget {
  /** Ends in `/FHIR/R4`. */
  readonly baseUrl: string;
  readonly tokens: readonly string[];
}

/** One request that is sent again and again. */
export interface BenchRequest {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** Below the base URL. */
  readonly path: string;
  readonly body?: string;
}

/** What one pass measured; times in milliseconds. */
export interface RequestFigure {
  readonly request: string;
  readonly connections: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly requestsPerSecond: number;
}

let turn = 0;

/** Sends a request as the next user, and gives the status of the answer. */
export function sendOnce(
  { baseUrl, tokens }: RequestTarget,
  sent: BenchRequest,
  agent: Agent,
): Promise<number> {
  const token = tokens[turn++ % tokens.length];
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      baseUrl + sent.path,
      {
        method: sent.method,
        agent,
        headers: {
          Authorization: `Bearer ${token}`,
          'X-Request-ID': randomUUID(),
          ...(sent.body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }),
        },
      },
      (incoming) => {
        incoming.resume();
        incoming.on('end', () => resolve(incoming.statusCode ?? 0));
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(sent.body);
  });
}

/** The milliseconds of each of `count` requests over that many kept connections; throws when one is not 200. */
async function sendMany(
  target: RequestTarget,
  sent: BenchRequest,
  connections: number,
  count: number,
): Promise<{ readonly times: readonly number[]; readonly seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let left = count;
  const started = performance.now();
  const send = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const begun = performance.now();
      const status = await sendOnce(target, sent, agent);
      if (status !== 200) throw new Error(`${sent.name} was answered with ${status}: no figure is given`);
      times.push(performance.now() - begun);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, send));
    return { times, seconds: (performance.now() - started) / 1000 };
  } finally {
    agent.destroy();
  }
}

function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(value * 10) / 10;
}

/** Measures each request with each number of connections, each after a warm-up of its own. */
export async function measureRequests(
  target: RequestTarget,
  requests: readonly BenchRequest[],
): Promise<RequestFigure[]> {
  const figures: RequestFigure[] = [];
  for (const sent of requests) {
    for (let left = FIRST_REQUESTS; left > 0; left -= REQUESTS_A_PASS) {
      await sendMany(target, sent, 4, REQUESTS_A_PASS);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS / 2));
    }
    for (const connections of CONNECTIONS) {
      await sendMany(target, sent, connections, WARM_UP_REQUESTS);
      const { times, seconds } = await sendMany(target, sent, connections, REQUESTS_A_PASS);
      const sorted = [...times].sort((left, right) => left - right);
      figures.push({
        request: sent.name,
        connections,
        p50Ms: percentile(sorted, 0.5),
        p95Ms: percentile(sorted, 0.95),
        requestsPerSecond: Math.round(times.length / seconds),
      });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return figures;
}

/** Prints the figures as a table, then with their setting as JSON. */
export function printFigures(figures: readonly RequestFigure[], setting: object = {}): void {
  console.log(
    `Node ${process.version}, ${availableParallelism()} CPUs, ${REQUESTS_A_PASS} requests a pass after ${FIRST_REQUESTS} to warm up; the client shares the machine`,
  );
  console.table(figures);
  console.log(
    JSON.stringify({
      node: process.version,
      cpus: availableParallelism(),
      requestsAPass: REQUESTS_A_PASS,
      firstRequests: FIRST_REQUESTS,
      warmUpRequests: WARM_UP_REQUESTS,
      ...setting,
      figures,
    }),
  );
}
