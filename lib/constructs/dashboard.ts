import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Dashboard, GraphWidget, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { TableName } from '../../functions/store/schema.ts';
import { eventNames } from '../stacks/event-names.ts';
import { metricPeriod, tableThrottles } from './alarms.ts';
import type { RegionFunction } from './region-function.ts';
import type { RegionTable } from './region-table.ts';

/** The measurements of the API that alarms and dashboard share. */
export function apiMetrics(api: RestApi) {
  const stage = api.deploymentStage;
  const options = { period: metricPeriod };
  return {
    requests: stage.metricCount(options),
    clientErrors: stage.metricClientError(options),
    /** API Gateway sends 0 or 1 for each request, so the average is the share. */
    serverErrorRate: stage.metricServerError({ ...options, statistic: 'Average' }),
    latencyP50: stage.metricLatency({ ...options, statistic: 'p50' }),
    latencyP95: stage.metricLatency({ ...options, statistic: 'p95' }),
    latencyP99: stage.metricLatency({ ...options, statistic: 'p99' }),
  };
}

/** Answers withheld because their audit entry could not be written, summed over all functions of the account. */
export function auditUnavailable(): MathExpression {
  return new MathExpression({
    label: 'answers withheld',
    expression: 'SELECT SUM(AuditUnavailable) FROM Towpath',
    usingMetrics: {},
    period: metricPeriod,
  });
}

/** Users and systems that found more people than the region expects, or spent a quota of searches, over the whole account. */
export function harvestAlerts(): MathExpression {
  return new MathExpression({
    label: 'harvest alerts',
    expression: "SELECT SUM(PrivacyAlert) FROM Towpath WHERE operation = 'harvest'",
    usingMetrics: {},
    period: metricPeriod,
  });
}

interface DashboardProps {
  readonly stage: string;
  readonly api: RestApi;
  readonly functions: ReadonlyMap<string, RegionFunction>;
  readonly tables: Readonly<Record<TableName, RegionTable>>;
}

/** One page with what the alarms watch: the API, its functions, the tables and the path of the audit. */
export function addDashboard(scope: Construct, { stage, api, functions, tables }: DashboardProps): void {
  const { requests, clientErrors, serverErrorRate, latencyP50, latencyP95, latencyP99 } = apiMetrics(api);
  const lambdas = [...functions.values()].map(({ lambda }) => lambda);
  const events = eventNames(stage);
  new Dashboard(scope, 'Dashboard', {
    dashboardName: `towpath-${stage}`,
    widgets: [
      [
        graph('Requests', requests, clientErrors),
        graph('Share of 5xx', serverErrorRate),
        graph('Latency', latencyP50, latencyP95, latencyP99),
      ],
      [
        graph('Function errors', ...lambdas.map((lambda) => lambda.metricErrors({ period: metricPeriod }))),
        graph(
          'Function throttles',
          ...lambdas.map((lambda) => lambda.metricThrottles({ period: metricPeriod })),
        ),
        graph(
          'Function duration, p95',
          ...lambdas.map((lambda) => lambda.metricDuration({ period: metricPeriod, statistic: 'p95' })),
        ),
      ],
      [
        graph(
          'Table throttles',
          tableThrottles('record', tables.record),
          tableThrottles('audit', tables.audit),
        ),
        graph('Answers withheld for want of audit', auditUnavailable()),
        graph(
          'Audit archive: age of the oldest entry not archived (ms)',
          lambdaMetric(events.sequenceAudit, 'IteratorAge', 'Maximum'),
        ),
      ],
      [
        graph(
          'Event function errors',
          lambdaMetric(events.sequenceAudit, 'Errors', 'Sum'),
          lambdaMetric(events.recordGatewayRefusals, 'Errors', 'Sum'),
          lambdaMetric(events.countPeople, 'Errors', 'Sum'),
          lambdaMetric(events.rematchSource, 'Errors', 'Sum'),
        ),
        graph(
          'Failures waiting for a person',
          queueMetric(events.sequenceAuditFailures),
          queueMetric(events.recordGatewayRefusalsFailures),
          queueMetric(events.countPeopleFailures),
          queueMetric(events.rematchSourceFailures),
        ),
      ],
    ],
  });
}

function graph(title: string, ...left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0 } });
}

function lambdaMetric(functionName: string, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName: functionName },
    statistic,
    period: metricPeriod,
  });
}

function queueMetric(queueName: string): Metric {
  return new Metric({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensionsMap: { QueueName: queueName },
    statistic: 'Maximum',
    period: metricPeriod,
  });
}
