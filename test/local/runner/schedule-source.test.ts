import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FunctionPool } from '../../../local/runner/function-pool.ts';
import { scheduleRuleProperties } from '../../../local/runner/resource-properties.ts';
import { rateMilliseconds, startScheduleSource } from '../../../local/runner/schedule-source.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function poolThatNotes(): { pool: FunctionPool; events: Record<string, unknown>[] } {
  const events: Record<string, unknown>[] = [];
  const pool = {
    invoke: (payload: string) => {
      events.push(JSON.parse(payload));
      return Promise.resolve({ kind: 'returned', payload: 'null' });
    },
  } as unknown as FunctionPool;
  return { pool, events };
}

describe('a schedule', () => {
  it('calls its function after each interval, with the event of EventBridge, until it is closed', async () => {
    const { events, pool } = poolThatNotes();
    const loop = startScheduleSource({
      expression: 'rate(1 minute)',
      ruleArn: 'arn:rule',
      pool,
      account: '000000000000',
      region: 'eu-west-2',
      clock: Date.now,
    });
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(180_000);
    expect(events).toHaveLength(3);
    expect(events[0]).toMatchObject({ source: 'aws.events', resources: ['arn:rule'], region: 'eu-west-2' });
    await loop.close();
    await vi.advanceTimersByTimeAsync(180_000);
    expect(events).toHaveLength(3);
  });

  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
  ])('reads %s', (expression, milliseconds) => {
    expect(rateMilliseconds(expression)).toBe(milliseconds);
  });

  it.each(['cron(0 12 * * ? *)', 'rate(1 day)', 'rate(x minutes)'])('refuses %s at start', (expression) => {
    const rule = { ScheduleExpression: expression, Targets: [] };
    expect(scheduleRuleProperties.safeParse(rule).success).toBe(false);
  });
});
