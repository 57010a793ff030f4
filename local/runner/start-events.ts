import path from 'node:path';
import type { Queue } from '../aws/queue.ts';
import { openQueue } from '../aws/queue.ts';
import { functionNameFromArn } from './api-definition.ts';
import type { Deployment } from './deployment.ts';
import { resourcesOfType } from './deployment.ts';
import { compileEventFilter } from './event-filter.ts';
import type { EventLoop } from './event-loop.ts';
import { readAsynchronousRetries } from './function-definitions.ts';
import type { FunctionPool } from './function-pool.ts';
import { compileLogFilter } from './log-filter.ts';
import type { LogSubscription } from './log-group.ts';
import { startQueueSource } from './queue-source.ts';
import { refuse } from './refusal.ts';
import {
  eventSourceMappingProperties,
  functionProperties,
  queueProperties,
  scheduleRuleProperties,
  subscriptionFilterProperties,
} from './resource-properties.ts';
import { startScheduleSource } from './schedule-source.ts';
import type { StreamFeed } from './stream-source.ts';
import { startStreamSource } from './stream-source.ts';

/** Opens the declared queues, each after its dead-letter queue; by ARN. */
export function openQueues(
  deployment: Deployment,
  dataDir: string | undefined,
  clock: () => number,
): ReadonlyMap<string, Queue> {
  const declared = resourcesOfType(deployment, 'AWS::SQS::Queue', queueProperties);
  const queues = new Map<string, Queue>();
  const opening = new Set<string>();

  function open(arn: string, place: string): Queue {
    const existing = queues.get(arn);
    if (existing !== undefined) return existing;
    const found = declared.find(({ resource }) => resource.attribute('Arn') === arn);
    if (found === undefined) return refuse(place, `queue ${arn} is not declared in the Stage`);
    if (opening.has(arn)) return refuse(place, 'queues are the dead-letter queues of one another');
    opening.add(arn);
    const { resource, properties } = found;
    const name = resource.attribute('QueueName');
    if (!/^[\w.-]+$/.test(name)) refuse(resource.place, `${name} is not a queue name`);
    if (properties.FifoQueue && properties.DeduplicationScope === undefined)
      refuse(resource.place, 'a FIFO queue is served only with deduplication by message group');
    const queue = openQueue({
      name,
      arn,
      isFifo: properties.FifoQueue,
      file: dataDir === undefined ? undefined : path.join(dataDir, 'queues', `${name}.json`),
      redrive:
        properties.RedrivePolicy === undefined
          ? undefined
          : {
              deadLetterQueue: open(properties.RedrivePolicy.deadLetterTargetArn, resource.place),
              maximumReceives: properties.RedrivePolicy.maxReceiveCount,
            },
      clock,
    });
    queues.set(arn, queue);
    return queue;
  }
  for (const { resource } of declared) open(resource.attribute('Arn'), resource.place);
  return queues;
}

/** The subscriptions of one log group; refuses those of any other, whose lines do not exist locally. */
export function readSubscriptions(
  deployment: Deployment,
  logGroupName: string | undefined,
  pools: ReadonlyMap<string, FunctionPool>,
  queues: ReadonlyMap<string, Queue>,
): LogSubscription[] {
  const retriesOf = readAsynchronousRetries(deployment);
  const findDeadLetterQueue = (functionName: string): Queue | undefined => {
    const fn = resourcesOfType(deployment, 'AWS::Lambda::Function', functionProperties).find(
      ({ resource }) => resource.ref === functionName,
    );
    const arn = fn?.properties.DeadLetterConfig?.TargetArn;
    if (fn === undefined || arn === undefined) return undefined;
    return queues.get(arn) ?? refuse(fn.resource.place, 'its dead-letter target is not a queue of the Stage');
  };
  return resourcesOfType(deployment, 'AWS::Logs::SubscriptionFilter', subscriptionFilterProperties).map(
    ({ resource, properties }) => {
      if (properties.LogGroupName !== logGroupName) {
        refuse(resource.place, 'only the access log of the API has lines locally');
      }
      const name = functionNameFromArn(properties.DestinationArn);
      const pool = pools.get(name);
      if (pool === undefined) return refuse(resource.place, 'its destination is not a function of the Stage');
      const deadLetterQueue = findDeadLetterQueue(name);
      return {
        name: resource.logicalId,
        filter: compileLogFilter(properties.FilterPattern, resource.place),
        pool,
        retries: retriesOf(name),
        onGivenUp: deadLetterQueue === undefined ? undefined : (event) => deadLetterQueue.send(event),
      };
    },
  );
}

/** A shorter wait than AWS's changes no result, and who reads the archive locally waits for it. */
const longestWindowMilliseconds = 1_000;

interface EventSourcesInput {
  readonly deployment: Deployment;
  readonly pools: ReadonlyMap<string, FunctionPool>;
  readonly queues: ReadonlyMap<string, Queue>;
  /** The feed of the table with this stream for this consumer; undefined when no table has that stream. */
  readonly openFeed: (streamArn: string, consumer: string) => StreamFeed | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly onDefect: (error: unknown) => void;
}

/** Starts the declared event source mappings and schedules. Everything is checked before the first one starts. */
export function startEventSources(input: EventSourcesInput): EventLoop[] {
  const { deployment, pools, queues, clock, onDefect } = input;
  const starters = resourcesOfType(
    deployment,
    'AWS::Lambda::EventSourceMapping',
    eventSourceMappingProperties,
  ).flatMap(({ resource, properties }): (() => EventLoop)[] => {
    const patterns = properties.FilterCriteria?.Filters.map(({ Pattern }) => Pattern) ?? [];
    const isWanted = compileEventFilter(patterns, resource.place);
    const pool = pools.get(functionNameFromArn(properties.FunctionName));
    if (pool === undefined) return refuse(resource.place, 'its function is not declared in the Stage');
    const reportsFailures = properties.FunctionResponseTypes.includes('ReportBatchItemFailures');
    const queue = queues.get(properties.EventSourceArn);
    const destinationArn = properties.DestinationConfig?.OnFailure?.Destination;
    const destination = destinationArn === undefined ? undefined : queues.get(destinationArn);
    if (destinationArn !== undefined && destination === undefined) {
      refuse(resource.place, 'its on-failure destination is not a queue of the Stage');
    }
    if (queue !== undefined) {
      if (patterns.length > 0) refuse(resource.place, 'event filters are served for table streams only');
      if (!properties.Enabled) return [];
      return [
        () =>
          startQueueSource({
            queue,
            pool,
            batchSize: properties.BatchSize ?? 10,
            reportsFailures,
            region: deployment.region,
            onDefect,
          }),
      ];
    }
    const feed = input.openFeed(properties.EventSourceArn, `${resource.stackName}-${resource.logicalId}`);
    if (feed === undefined) {
      return refuse(resource.place, 'its source is neither a queue nor a table stream of the Stage');
    }
    if (!properties.Enabled) return [];
    return [
      () =>
        startStreamSource({
          feed,
          streamArn: properties.EventSourceArn,
          pool,
          isWanted,
          batchSize: properties.BatchSize ?? 100,
          windowMilliseconds: Math.min(
            properties.MaximumBatchingWindowInSeconds * 1000,
            longestWindowMilliseconds,
          ),
          startsAtEnd: properties.StartingPosition === 'LATEST',
          reportsFailures,
          bisects: properties.BisectBatchOnFunctionError,
          maximumRetries: properties.MaximumRetryAttempts,
          maximumAgeSeconds: properties.MaximumRecordAgeInSeconds,
          onDiscard: destination === undefined ? undefined : (message) => destination.send(message),
          functionArn: properties.FunctionName,
          clock,
          onDefect,
        }),
    ];
  });
  const schedules = resourcesOfType(deployment, 'AWS::Events::Rule', scheduleRuleProperties).flatMap(
    ({ resource, properties }) =>
      properties.Targets.map(({ Arn }) => {
        const pool = pools.get(functionNameFromArn(Arn));
        if (pool === undefined) return refuse(resource.place, 'its target is not a function of the Stage');
        const { account, region } = deployment;
        const expression = properties.ScheduleExpression;
        const ruleArn = resource.attribute('Arn');
        return () => startScheduleSource({ expression, ruleArn, pool, account, region, clock });
      }),
  );
  return [...starters, ...schedules].map((start) => start());
}
