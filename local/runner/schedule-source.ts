import type { EventLoop } from './event-loop.ts';
import type { FunctionPool } from './function-pool.ts';

interface ScheduleInput {
  /** As in the rule: `rate(1 minute)`. */
  readonly expression: string;
  readonly ruleArn: string;
  readonly pool: FunctionPool;
  readonly account: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

const unitMilliseconds: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000 };

/** The milliseconds of `rate(5 minutes)`. */
export function rateMilliseconds(expression: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour)s?\)$/.exec(expression) ?? [];
  return Number(count) * (unitMilliseconds[unit] ?? Number.NaN);
}

/** Calls a function at a rate, the first time after one interval, as EventBridge does; a call that fails is not repeated. */
export function startScheduleSource(input: ScheduleInput): EventLoop {
  const { pool, ruleArn, account, region, clock } = input;
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    const time = new Date(clock()).toISOString();
    const event = { version: '0', 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} };
    running = pool.invoke(JSON.stringify({ ...event, account, region, time, resources: [ruleArn] }));
  }, rateMilliseconds(input.expression)).unref();
  return {
    async idle() {
      await running;
    },
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
