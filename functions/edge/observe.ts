import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** What a function may log: an event name with these fields and no others, so that no payload can slip in. */
export interface LogFields {
  readonly operation?: string;
  readonly requestId?: string;
  readonly status?: number;
  readonly errorCode?: string;
  readonly durationMs?: number;
  readonly count?: number;
  /** The name and the frames of a defect; its message may quote an input and is left out. */
  readonly defect?: { readonly name: string; readonly frames: readonly string[] };
}

/** The events that are logged, by level. */
export type LogEvent =
  | 'request-answered'
  | 'request-refused'
  | 'request-failed'
  | 'audit-unavailable'
  | 'audit-sequenced'
  | 'audit-sequence-failed'
  | 'audit-line-missing'
  | 'audit-swept'
  | 'gateway-refusals-recorded'
  | 'audit-followed'
  | 'audit-follow-failed'
  | 'people-counted'
  | 'sources-rematched'
  | 'rematch-failed'
  | 'queued-feeds-filed'
  | 'queued-feed-failed'
  | 'caller-unverified';

const logger = new Logger();
const metrics = new Metrics();

/** Writes one log line. */
export function log(level: 'info' | 'warn' | 'error', event: LogEvent, fields: LogFields = {}): void {
  logger[level](event, { ...fields });
}

/** What may be logged of an unexpected error. */
export function describeDefect(error: unknown): NonNullable<LogFields['defect']> {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return { name: error.name, frames: frames.slice(0, 6).map((line) => line.trim()) };
}

/** Counts one occurrence under the region's metrics namespace; what goes well is counted from the log lines. */
export function countMetric(
  name: 'AuditUnavailable' | 'Refused' | 'Failed' | 'PrivacyAlert' | 'AuditLineMissing',
  dimensions: Record<string, string>,
): void {
  const single = metrics.singleMetric();
  for (const [dimension, value] of Object.entries(dimensions)) single.addDimension(dimension, value);
  single.addMetric(name, MetricUnit.Count, 1);
}
