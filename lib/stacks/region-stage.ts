import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Stage, Tags } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { RegionConfig } from '../config/schema.ts';
import type { Bundle } from '../constructs/bundle.ts';
import { FunctionCode } from '../constructs/function-code.ts';
import type { FunctionSurroundings } from '../constructs/region-function.ts';
import { ApiStack } from './api-stack.ts';
import { DataStack } from './data-stack.ts';
import { EventsStack } from './events-stack.ts';

interface RegionStageProps {
  readonly config: RegionConfig;
  readonly bundle: Bundle;
  /** `plain` leaves out what LocalStack's free version skips: authorisers, usage plans, alarms, dashboard. */
  readonly platform: 'aws' | 'plain';
}

/** One region, whole and independent of every other: its data, its API and what runs behind it. */
export class RegionStage extends Stage {
  constructor(scope: Construct, name: string, { config, bundle, platform }: RegionStageProps) {
    const { policy, deployment } = config;
    const account = process.env.CDK_DEFAULT_ACCOUNT;
    super(scope, name, { env: { region: deployment.awsRegion, ...(account !== undefined && { account }) } });
    const onAws = platform === 'aws';
    const common = { analyticsReporting: false, terminationProtection: deployment.protectData };

    const data = new DataStack(this, 'data', {
      ...common,
      description: `Towpath ${policy.name}: tables, buckets, secret, keys`,
      deployment,
      monitored: onAws,
    });
    const surroundings: FunctionSurroundings = {
      code: new FunctionCode(bundle, policy),
      tables: data.tables,
      secret: data.secret,
      tokenKey: data.tokenKey,
      auditBucket: data.auditBucket as IBucket,
      auditKey: data.auditKey,
      intakeQueue: data.intake.queue,
      documentsBucket: data.documentsBucket as IBucket,
      auditBudgetMilliseconds: deployment.auditBudgetMilliseconds,
      logKey: data.operationsKey,
      logRetentionDays: deployment.logRetentionDays,
    };
    const api = new ApiStack(this, 'api', {
      ...common,
      description: `Towpath ${policy.name}: REST API and its functions`,
      stage: name,
      config,
      surroundings,
      alarmTopic: data.alarmTopic,
      gatewayAuthorises: onAws,
    });
    const events = new EventsStack(this, 'events', {
      ...common,
      description: `Towpath ${policy.name}: audit archive and gateway refusals`,
      stage: name,
      surroundings,
      intakeFailures: data.intake.failures,
      auditLogKey: data.auditLogKey,
      postQuantumLogKey: data.postQuantumLogKey,
      isAuditLocked: deployment.protectData,
      accessLogs: onAws ? api.accessLogs : undefined,
      alarmTopic: data.alarmTopic,
    });

    Tags.of(this).add('towpath:region', policy.region);
    Tags.of(this).add('towpath:cost-centre', deployment.costCentre);
    for (const stack of [data, api, events]) Tags.of(stack).add('towpath:stack', stack.node.id);
  }
}
