import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { LocalService } from '../aws/local-service.ts';
import type { Queue } from '../aws/queue.ts';
import { startRefusedServices } from '../aws/refused-services.ts';
import { startSqs } from '../aws/sqs.ts';
import { readApiDefinition } from './api-definition.ts';
import { readStageAssembly } from './assembly.ts';
import { fillContextVariables, findUnknownVariables } from './context-variables.ts';
import type { IgnoredResource } from './deployment.ts';
import { resolveDeployment } from './deployment.ts';
import type { EventLoop } from './event-loop.ts';
import { readFunctions } from './function-definitions.ts';
import type { FunctionPool } from './function-pool.ts';
import { createFunctionPool } from './function-pool.ts';
import type { Gateway, MountHandler } from './gateway.ts';
import { startGateway } from './gateway.ts';
import { checkGatewayResponses } from './gateway-response.ts';
import type { LogGroup } from './log-group.ts';
import { createLogGroup } from './log-group.ts';
import { RunnerRefusal, refuse } from './refusal.ts';
import { openQueues, readSubscriptions, startEventSources } from './start-events.ts';
import type { DeclaredBucket } from './start-services.ts';
import {
  readBuckets,
  startDeclaredBuckets,
  startDeclaredKeys,
  startDeclaredSecrets,
} from './start-services.ts';
import type { DeclaredTables } from './tables.ts';
import { startDeclaredTables } from './tables.ts';

export { describeLimits } from './banner.ts';
export type { IgnoredResource } from './deployment.ts';
export { RunnerRefusal } from './refusal.ts';

/** What is served and where. */
export interface RunnerInput {
  /** The synthesised cloud assembly (`cdk.out`). */
  readonly assemblyDir: string;
  /** The name of the Stage. */
  readonly stage: string;
  /** Where everything is kept; undefined keeps all of it in memory. */
  readonly dataDir?: string;
  /** 0, or undefined, for any free port. */
  readonly port?: number;
  /** CloudFormation parameters by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** For stacks that leave it open. */
  readonly awsRegion?: string;
  /** Lines of the functions and of the runner. */
  readonly onLog?: (line: string) => void;
  /** A defect after which the region must not go on. */
  readonly onFatal?: (error: unknown) => void;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
  readonly workersPerFunction?: number;
}

/** A Stage being served. */
export interface Runner {
  /** Without a trailing slash; the API lies at its root as behind a custom domain. */
  readonly url: string;
  /** The embedded DynamoDB; undefined when the Stage has no table. */
  readonly engineEndpoint: string | undefined;
  /** What of the template is known and not served, for the banner. */
  readonly ignored: readonly IgnoredResource[];
  /** Where functions send messages of queues. */
  readonly queueEndpoint: string;
  /** The queues of the Stage, for looking into dead-letter queues. */
  readonly queues: readonly Queue[];
  /** The buckets of the Stage, for reading their objects as files. */
  readonly buckets: readonly DeclaredBucket[];
  /** The functions' environments: what code with the same rights needs in order to reach the same stores. */
  readonly environments: readonly Readonly<Record<string, string>>[];
  /** The newest lines of the access log, oldest first. */
  accessLog(): readonly string[];
  /** Serves a page outside the API. */
  mount(path: string, handler: MountHandler): void;
  /** Resolves when the event sources and log subscriptions have delivered what was there. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const idleWorkerMilliseconds = 5 * 60_000;

/** Serves one Stage of a synthesised assembly; refuses with a {@link RunnerRefusal} what it would serve differently from AWS. */
export async function startRunner(input: RunnerInput): Promise<Runner> {
  const clock = input.clock ?? Date.now;
  const onLog = input.onLog ?? (() => {});
  const onFatal = input.onFatal ?? ((error: unknown) => onLog(String(error)));
  const { dataDir } = input;
  const opened: { close(): Promise<void> }[] = [];
  const keep = <Opened extends { close(): Promise<void> }>(one: Opened): Opened => {
    opened.push(one);
    return one;
  };
  /** In the reverse order of opening: first nothing new comes in, last the engine goes. */
  const closeAll = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  const onDefect = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    onLog(JSON.stringify({ level: 'ERROR', service: 'local-runner', message: text }));
  };

  try {
    const stacks = readStageAssembly(input.assemblyDir, input.stage);
    if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    let queues: ReadonlyMap<string, Queue> = new Map();
    const sqs = keep(
      await startSqs({
        findQueue: (name) => [...queues.values()].find((queue) => queue.name === name),
        allQueues: () => [...queues.values()],
        onDefect,
      }),
    );
    const deployment = resolveDeployment(stacks, {
      parameters: input.parameters,
      region: input.awsRegion ?? 'eu-west-2',
      queueEndpoint: sqs.endpoint,
    });
    const api = readApiDefinition(deployment);
    if (api !== undefined) {
      checkGatewayResponses(api);
      const [unknown] = findUnknownVariables(api.accessLog?.format ?? '');
      if (unknown !== undefined) refuse('access log', `unknown variable $context.${unknown}`);
    }
    queues = openQueues(deployment, dataDir, clock);
    const services = { deployment, dataDir, clock, onDefect };
    const other = keep(await startRefusedServices(onDefect));
    const secretsManager: LocalService = keep(await startDeclaredSecrets(services));
    const kms: LocalService = keep(await startDeclaredKeys(services));
    const s3: LocalService = keep(await startDeclaredBuckets(services));
    const tables: DeclaredTables = keep(await startDeclaredTables({ ...services, onFatal }));
    const functions = readFunctions(
      deployment,
      {
        dynamodb: tables.endpoint,
        secretsManager: secretsManager.endpoint,
        s3: s3.endpoint,
        sqs: sqs.endpoint,
        kms: kms.endpoint,
        other: other.endpoint,
      },
      input.workersPerFunction ?? 4,
    );
    const pools = new Map<string, FunctionPool>();
    for (const fn of functions) pools.set(fn.name, keep(createFunctionPool(fn, onLog)));
    if (api !== undefined) refuseMissingFunctions(api.routes, pools);

    const subscriptions = readSubscriptions(deployment, api?.accessLog?.logGroupName, pools, queues);
    const logGroup: LogGroup | undefined =
      api?.accessLog === undefined
        ? undefined
        : createLogGroup({
            name: api.accessLog.logGroupName,
            account: deployment.account,
            subscriptions,
            file: dataDir === undefined ? undefined : path.join(dataDir, 'access.log'),
            onLost: onDefect,
          });
    const loops: EventLoop[] = startEventSources({
      deployment,
      pools,
      queues,
      openFeed: tables.openFeed,
      clock,
      // A consumer that stopped would fall behind unseen.
      onDefect: (error) => {
        onDefect(error);
        onFatal(error);
      },
    }).map(keep);
    const gateway: Gateway = keep(
      await startGateway({
        api,
        accountId: deployment.account,
        region: deployment.region,
        pools,
        port: input.port ?? 0,
        clock,
        onAnswered: (source) => {
          const format = source.api.accessLog?.format;
          if (format !== undefined) logGroup?.append(fillContextVariables(format, source, '-'), clock());
        },
        onDefect,
      }),
    );
    const trimmer = setInterval(() => {
      for (const pool of pools.values()) void pool.trim(Date.now() - idleWorkerMilliseconds);
    }, idleWorkerMilliseconds).unref();
    keep({
      close: () => {
        clearInterval(trimmer);
        return Promise.resolve();
      },
    });

    const countInvocations = (): number =>
      [...pools.values()].reduce((sum, { invocationCount }) => sum + invocationCount, 0);
    return {
      url: gateway.url,
      engineEndpoint: tables.endpoint,
      ignored: deployment.ignored,
      queueEndpoint: sqs.endpoint,
      queues: [...queues.values()],
      buckets: readBuckets(deployment, dataDir),
      environments: functions.map(({ environment }) => environment),
      accessLog: () => logGroup?.newest ?? [],
      mount: (at, handler) => {
        gateway.mount(at, handler);
      },
      async idle() {
        // One consumer can write what the next one reads: quiet is a whole round without an event.
        for (;;) {
          const before = countInvocations();
          await logGroup?.idle();
          for (const loop of loops) await loop.idle();
          if (countInvocations() === before) return;
        }
      },
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

type Routes = NonNullable<ReturnType<typeof readApiDefinition>>['routes'];

function refuseMissingFunctions(node: Routes, pools: ReadonlyMap<string, FunctionPool>): void {
  for (const method of node.methods.values()) {
    const names = [
      method.integration.kind === 'function' ? method.integration.functionName : undefined,
      method.authoriser?.functionName,
    ];
    for (const name of names) {
      if (name !== undefined && !pools.has(name)) {
        throw new RunnerRefusal(
          `${method.httpMethod} ${method.resourcePath}: function ${name} is not declared`,
        );
      }
    }
  }
  const children = [...node.fixed.values(), node.parameter?.node, node.greedy?.node];
  for (const child of children) if (child !== undefined) refuseMissingFunctions(child, pools);
}
