// How fast the local region answers one match and one section read over HTTP: `node bench/gateway.ts` prints a table, then
// the same figures as JSON. The demo region runs in a process of its own, from an empty data folder. To measure a region
// that runs already: `node bench/gateway.ts BASE_URL TOKEN,TOKEN… PERSON_ID NHS_NUMBER`, with tokens of enough users for their quotas.
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const CONNECTIONS = [1, 4, 16];
/** A pass and its warm-up stay within the region's throttles (a burst of 200 for a match, 200 a second and 400 for a trust). */
const REQUESTS_A_PASS = 150;
const WARM_UP_REQUESTS = 32;
/** Each function runs in isolates of its own, whose code becomes fast only with use: this often before anything counts. */
const FIRST_REQUESTS = 1_500;
/** Users who ask in turn: so many that none spends a quota of 120 matches a minute. */
const USERS = 40;
/** Lets the throttles fill up again. */
const PAUSE_MS = 2_500;

const targetSchema = z.object({
  /** Ends in `/FHIR/R4`. */
  baseUrl: z.url(),
  tokens: z.array(z.string().min(1)).min(1),
  personId: z.string().min(1),
  nhsNumber: z.string().regex(/^999\d{7}$/),
});

/** A region with one person to ask about. */
export type GatewayTarget = z.infer<typeof targetSchema>;

/** One request that is sent again and again. */
export interface BenchRequest {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** Below the base URL. */
  readonly path: string;
  readonly body?: string;
}

/** What one pass measured; times in milliseconds. */
export interface GatewayFigure {
  readonly request: string;
  readonly connections: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly requestsPerSecond: number;
}

/** The two requests of the region's day: find the person, read a section. */
function makeRequests({ personId, nhsNumber }: GatewayTarget): BenchRequest[] {
  const identifier = [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }];
  const resource = { resourceType: 'Patient', identifier };
  return [
    {
      name: 'match',
      method: 'POST',
      path: '/Patient/$match',
      body: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] }),
    },
    { name: 'section', method: 'GET', path: `/Patient/${personId}/sections/allergies` },
  ];
}

let turn = 0;

function sendOnce({ baseUrl, tokens }: GatewayTarget, sent: BenchRequest, agent: Agent): Promise<number> {
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
  target: GatewayTarget,
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
export async function measureGateway(
  target: GatewayTarget,
  requests: readonly BenchRequest[],
): Promise<GatewayFigure[]> {
  const figures: GatewayFigure[] = [];
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

/** In the child: starts the demo region, says where it is, and stops with its parent. */
async function serve(dataDir: string): Promise<void> {
  const { startRegion } = await import('../local/region.ts');
  const { callerOf } = await import('../local/demo/callers.ts');
  const { issueToken } = await import('../local/demo/issue-token.ts');
  const { openSigningKey } = await import('../local/demo/token-keys.ts');
  const started = await startRegion({
    dataDir,
    region: 'london',
    port: 0,
    withDemo: true,
    signal: new AbortController().signal,
    progress: { step: (text) => console.error(text), seeding: () => {} },
    onFatal: (message) => console.error(message),
  });
  if (!started.ok) throw new Error(started.message);
  const { policy, demo, run } = started.region;
  const clinician = callerOf(policy, 'clinician', randomUUID());
  if (!clinician.ok) throw new Error(clinician.reason);
  const key = await openSigningKey(dataDir);
  const tokens = await Promise.all(
    Array.from({ length: USERS }, (_, user) =>
      issueToken(key, policy, { ...clinician.caller, subject: `bench-${user}` }, Date.now()),
    ),
  );
  // The first named person whom the clinician may read.
  for (const { nhsNumber, personId } of Object.values(demo?.heroes ?? {})) {
    if (personId === undefined) continue;
    const target: GatewayTarget = { baseUrl: run.baseUrl, tokens, personId, nhsNumber };
    const requests = makeRequests(target);
    const agent = new Agent();
    const statuses = await Promise.all(requests.map((sent) => sendOnce(target, sent, agent)));
    agent.destroy();
    if (statuses.every((status) => status === 200)) {
      process.send?.(target);
      process.on('disconnect', () => void started.region.stop());
      return;
    }
  }
  throw new Error('the demo region has nobody whom the clinician may read');
}

async function startDemo(dataDir: string): Promise<{ child: ChildProcess; target: GatewayTarget }> {
  const child = fork(fileURLToPath(import.meta.url), ['serve', dataDir], { stdio: ['ignore', 2, 2, 'ipc'] });
  const answered = once(child, 'message').then(([message]) => targetSchema.parse(message));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the demo region ended with status ${code}`);
  });
  const target = await Promise.race([answered, ended]);
  ended.catch(() => {});
  return { child, target };
}

async function measureDemo(): Promise<GatewayFigure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-bench-'));
  try {
    const { child, target } = await startDemo(dataDir);
    try {
      return await measureGateway(target, makeRequests(target));
    } finally {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function main(given: readonly string[]): Promise<void> {
  const [baseUrl, token, personId, nhsNumber] = given;
  let figures: GatewayFigure[];
  if (baseUrl === undefined) {
    figures = await measureDemo();
  } else {
    const target = targetSchema.parse({ baseUrl, tokens: token?.split(','), personId, nhsNumber });
    figures = await measureGateway(target, makeRequests(target));
  }
  const setting = {
    node: process.version,
    cpus: availableParallelism(),
    requestsAPass: REQUESTS_A_PASS,
    firstRequests: FIRST_REQUESTS,
    warmUpRequests: WARM_UP_REQUESTS,
  };
  console.log(
    `Node ${setting.node}, ${setting.cpus} CPUs, ${REQUESTS_A_PASS} requests a pass after ${FIRST_REQUESTS} to warm up; the client shares the machine`,
  );
  console.table(figures);
  console.log(JSON.stringify({ ...setting, figures }));
}

const [mode, ...rest] = process.argv.slice(2);
await (mode === 'serve' ? serve(rest[0] ?? '') : main(process.argv.slice(2)));
