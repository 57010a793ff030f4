import * as z from 'zod';
import { regionPolicySchema } from '../../functions/domain/access/region-policy.ts';

/** Days that CloudWatch Logs can keep a log group, as far as a region has use for them. */
const logRetentionDays = [7, 14, 30, 60, 90, 180, 365, 400, 731, 1096] as const;

/** A function's name has 64 characters at most, and `towpath-<region>-record-gateway-refusals` is one. */
const maxRegionNameLength = 32;

const throttleSchema = z.strictObject({
  ratePerSecond: z.number().positive().max(10_000),
  burst: z.number().int().positive().max(5_000),
});

const domainSchema = z.strictObject({
  /** Host name that clients call; with one, the execute-api host is switched off. */
  name: z.hostname(),
  /** ACM certificate: in us-east-1 for an `edge` endpoint, in the region's own AWS region for a `regional` one. */
  certificateArn: z
    .string()
    .regex(/^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[a-z0-9-]+$/, 'an ACM certificate ARN'),
});

const deploymentSchema = z
  .strictObject({
    /** The only AWS region in the United Kingdom: patient data stays there. */
    awsRegion: z.literal('eu-west-2'),
    /** `edge` answers at CloudFront's nearest location, which may end TLS outside the UK; `regional` in London. */
    endpoint: z.enum(['edge', 'regional']),
    domain: domainSchema.optional(),
    /** Requests for the whole region, for one organisation (its usage plan), for `$match` alone and for access tokens. */
    throttle: z.strictObject({
      region: throttleSchema,
      organisation: throttleSchema,
      match: throttleSchema,
      token: throttleSchema,
    }),
    /** True keeps tables, buckets and keys when the stack goes, and locks the audit archive. */
    protectData: z.boolean(),
    /** Years for which nobody, the account's owner included, can delete an archived audit entry. */
    auditRetentionYears: z.number().int().min(8).max(30),
    /** Signs the heads of the audit log with ML-DSA-44 beside ECDSA; false where KMS has no such keys. */
    auditLogPostQuantum: z.boolean(),
    /** Milliseconds within which the audit table must have taken an entry; then it goes into the bucket. */
    auditBudgetMilliseconds: z.number().int().min(50).max(5_000),
    logRetentionDays: z.literal(logRetentionDays),
    /** Where alarms are sent; each address confirms a subscription once. */
    alarmEmails: z.array(z.email()),
    alarms: z.strictObject({
      /** Share of answers that may be 5xx over five minutes. */
      serverErrorRate: z.number().gt(0).max(1),
      latencyP95Milliseconds: z.number().int().positive(),
    }),
    /** Tag `towpath:cost-centre` of every resource. */
    costCentre: z.string().min(1).max(64),
  })
  .superRefine(({ awsRegion, domain, endpoint, throttle }, context) => {
    const certificateRegion = endpoint === 'edge' ? 'us-east-1' : awsRegion;
    if (domain !== undefined && domain.certificateArn.split(':')[3] !== certificateRegion)
      context.addIssue({
        code: 'custom',
        path: ['domain', 'certificateArn'],
        message: `an ${endpoint} endpoint needs a certificate in ${certificateRegion}`,
      });
    for (const part of ['organisation', 'match', 'token'] as const)
      if (throttle[part].ratePerSecond > throttle.region.ratePerSecond)
        context.addIssue({
          code: 'custom',
          path: ['throttle', part, 'ratePerSecond'],
          message: 'must not be above that of the region',
        });
  });

/** One region: the rules that functions read (`policy`) and how it is deployed (`deployment`). */
export const regionConfigSchema = z
  .strictObject({ policy: regionPolicySchema, deployment: deploymentSchema })
  .superRefine(({ policy }, context) => {
    if (policy.region.length > maxRegionNameLength)
      context.addIssue({
        code: 'custom',
        path: ['policy', 'region'],
        message: `is longer than ${maxRegionNameLength} characters`,
      });
  });

/** See {@link regionConfigSchema}. */
export type RegionConfig = z.infer<typeof regionConfigSchema>;

/** See {@link regionConfigSchema}. */
export type Deployment = RegionConfig['deployment'];

/** A region as its file writes it. */
export type RegionConfigInput = z.input<typeof regionConfigSchema>;

/** Types a region file while it is written; {@link loadRegions} validates it. */
export function defineRegion(config: RegionConfigInput): RegionConfigInput {
  return config;
}
