import { ApiKey, type RestApi, UsagePlan } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { usagePlanKey } from '../../functions/domain/access/region-policy.ts';
import { unlistedThrottle } from '../config/defaults.ts';
import type { RegionConfig } from '../config/schema.ts';

/** One usage plan for each organisation of the policy and one for all others, each with its own throttle. */
export function addUsagePlans(scope: Construct, api: RestApi, { policy, deployment }: RegionConfig): void {
  const throttles = [
    ...policy.organisations.map(
      ({ ods, throttle }) => [ods, throttle ?? deployment.throttle.organisation] as const,
    ),
    ['unlisted', unlistedThrottle] as const,
  ];
  for (const [organisation, { ratePerSecond, burst }] of throttles) {
    const plan = new UsagePlan(scope, `UsagePlan-${organisation}`, {
      name: `towpath-${policy.region}-${organisation}`,
      throttle: { rateLimit: ratePerSecond, burstLimit: burst },
      apiStages: [{ stage: api.deploymentStage }],
    });
    plan.addApiKey(
      new ApiKey(scope, `UsagePlanKey-${organisation}`, { value: usagePlanKey(policy.region, organisation) }),
    );
  }
}
