import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { TableName } from '../../functions/store/schema.ts';
import type { RegionTable } from './region-table.ts';

/** The period of every alarm and of every widget. */
export const metricPeriod = Duration.minutes(5);

interface AlarmRule {
  readonly metric: IMetric;
  /** The alarm goes off above this. */
  readonly above: number;
  /** What is wrong for whom, and the first thing to look at. */
  readonly description: string;
  readonly periods?: number;
}

/** The alarms of one stack; each tells the topic when it goes off and when it is over. */
export class RegionAlarms extends Construct {
  readonly alarms: Alarm[] = [];
  readonly #action: SnsAction;

  constructor(scope: Construct, id: string, topic: ITopic) {
    super(scope, id);
    this.#action = new SnsAction(topic);
  }

  /** Adds one alarm; missing data is no alarm, because an idle region sends none. */
  add(id: string, { metric, above, description, periods = 1 }: AlarmRule): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      alarmDescription: description,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(this.#action);
    alarm.addOkAction(this.#action);
    this.alarms.push(alarm);
  }

  /** Errors and throttles of one function. */
  addFunction(id: string, name: string, lambda: LambdaFunction): void {
    this.add(`${id}Errors`, {
      metric: lambda.metricErrors({ period: metricPeriod }),
      above: 0,
      description: `${name} crashed or timed out: read its log group for the request id.`,
    });
    this.add(`${id}Throttles`, {
      metric: lambda.metricThrottles({ period: metricPeriod }),
      above: 0,
      description: `${name} was refused a place to run: raise the account's concurrency.`,
    });
  }

  /** A queue of what could not be processed: anything in it is a loss until somebody has looked. */
  addFailureQueue(id: string, name: string, queue: IQueue): void {
    this.add(`${id}Visible`, {
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: metricPeriod, statistic: 'Maximum' }),
      above: 0,
      description: `${name} gave up on at least one batch: replay it from the failure queue.`,
    });
    this.add(`${id}Age`, {
      metric: queue.metricApproximateAgeOfOldestMessage({ period: metricPeriod, statistic: 'Maximum' }),
      above: Duration.days(1).toSeconds(),
      description: `A failure of ${name} has waited for a day; the stream forgets its records after one.`,
    });
  }
}

/** Requests that a table refused for want of capacity, reads and writes together. */
export function tableThrottles(name: TableName, { table }: RegionTable): MathExpression {
  const options = { statistic: 'Sum', period: metricPeriod };
  return new MathExpression({
    label: `${name} table`,
    // A table sends the metric only when it throttles, so an absent side counts as none.
    expression: `FILL(${name}Reads, 0) + FILL(${name}Writes, 0)`,
    usingMetrics: {
      [`${name}Reads`]: table.metric('ReadThrottleEvents', options),
      [`${name}Writes`]: table.metric('WriteThrottleEvents', options),
    },
    period: metricPeriod,
  });
}
