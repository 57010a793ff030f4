import { type Stage, Validations } from 'aws-cdk-lib/core';
import { routes } from '../functions/api/routes.ts';
import { constructId } from './constructs/region-function.ts';

interface Acknowledgement {
  /** cdk-nag's rule, with the finding in brackets where the rule has several; `<stage>` stands for the stage's name. */
  readonly id: string;
  /** The constructs that it is about, by path below the stage. */
  readonly at: RegExp;
  /** Limits it to the plain stage, whose handlers verify tokens themselves. */
  readonly onlyPlain?: true;
  readonly reason: string;
}

const openMethods = routes
  .filter(({ permission }) => permission === 'open')
  .map(({ path, method }) => `${path}/${method}/Resource`.replaceAll('.', '\\.'));

/** Functions of the api stack, the authoriser among them. */
const apiFunctions = ['authoriser', ...routes.map(({ operation }) => operation)].map(constructId);

/** cdk-nag's finding about all objects below a folder of the audit bucket. */
const auditObjects = (folder: string) =>
  `AwsSolutions-IAM5[Resource::<stage>-data:ExportsOutputFnGetAttAuditArchive60EBC247Arn996CA6EF/${folder}/*]`;

/** Functions that keep or read the bodies of documents. */
const documentFunctions = routes
  .filter(({ documents }) => documents !== undefined)
  .map(({ operation }) => constructId(operation));

/** Every AwsSolutions finding that stands, where, and why. */
export const acknowledgements: readonly Acknowledgement[] = [
  {
    id: 'AwsSolutions-SMG4',
    at: /^data\/RegionSecret\/Resource$/,
    reason:
      'Pseudonyms in keys are derived from this secret: rotating it on a schedule would orphan every record. It is replaced by a planned migration only.',
  },
  {
    id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
    at: /^api\/Api\/CloudWatchRole\/Resource$/,
    reason:
      'API Gateway has one such role for a whole account and AWS region and checks it against this policy; only API Gateway can assume it.',
  },
  {
    id: 'AwsSolutions-APIG6',
    at: /^api\/Api\/DeploymentStage\.live\/Resource$/,
    reason:
      'Execution logs hold bodies and headers, so patients and tokens. Access logs without paths or queries are on, and each function logs and audits for itself.',
  },
  {
    id: 'AwsSolutions-APIG3',
    at: /^api\/Api\/DeploymentStage\.live\/Resource$/,
    reason:
      'Every route with patient data needs a signed token and has throttles by region, method and organisation. A web ACL belongs to the account that owns the public name, whose rules all its APIs share.',
  },
  {
    id: 'AwsSolutions-APIG4',
    at: new RegExp(`^api/Api/Default/FHIR/R4(${openMethods.join('|')})$`),
    reason:
      'Open by design: the capability statement, the OpenAPI document, the status, where tokens come from and their public keys hold no patient data; a token request proves itself by its signed assertion.',
  },
  {
    id: 'AwsSolutions-APIG4',
    at: /^api\/Api\/Default\/.*\/(GET|POST|PUT)\/Resource$/,
    onlyPlain: true,
    reason:
      'LocalStack never calls authorisers; the handlers of this stage verify the bearer token themselves.',
  },
  {
    id: 'AwsSolutions-COG4',
    at: /^api\/Api\/Default\/.*\/(GET|POST|PUT)\/Resource$/,
    reason:
      "Staff are known to the NHS's identity services, whose tokens our own authoriser verifies; Cognito holds nobody.",
  },
  {
    id: 'AwsSolutions-IAM5[Resource::*]',
    at: new RegExp(
      `^(api/(${apiFunctions.join('|')})|events/(RecordGatewayRefusals|SweepAudit|FileQueuedMessage))/Role/DefaultPolicy/Resource$`,
    ),
    reason: 'X-Ray: PutTraceSegments and PutTelemetryRecords take no resource.',
  },
  {
    id: 'AwsSolutions-IAM5[Resource::*]',
    at: /^events\/(SequenceAudit|FollowAudit|CountPeople|RematchSource)\/Role\/DefaultPolicy\/Resource$/,
    reason:
      'X-Ray takes no resource, nor does dynamodb:ListStreams, which the event source mapping asks for.',
  },
  ...['tile', 'staging'].map((folder) => ({
    id: auditObjects(folder),
    at: /^(events\/SequenceAudit|api\/GetAuditReceipt)\/Role\/DefaultPolicy\/Resource$/,
    reason:
      'The files of the log are named by their place in it, so the grant is on all names below one folder.',
  })),
  {
    id: auditObjects('second-sink'),
    at: new RegExp(
      `^(api/(${apiFunctions.join('|')})|events/(RecordGatewayRefusals|SweepAudit|FileQueuedMessage))/Role/DefaultPolicy/Resource$`,
    ),
    reason:
      'Entries in the second sink are named by their id, so the grant is on all names below one folder.',
  },
  {
    id: 'AwsSolutions-IAM5[Resource::<stage>-data:ExportsOutputFnGetAttDocuments7E5B2978Arn159F38C5/sha256/*]',
    at: new RegExp(
      `^(api/(${documentFunctions.join('|')})|events/FileQueuedMessage)/Role/DefaultPolicy/Resource$`,
    ),
    reason:
      'Documents are named by the digest of their bytes, so the grant is on all names below one folder.',
  },
  {
    id: 'AwsSolutions-SQS3',
    at: /^events\/(SequenceAudit|FollowAudit|CountPeople|RematchSource)Failures\/Resource$/,
    reason: 'It is itself the failure queue of the event source mapping, which cdk-nag does not see.',
  },
];

/** Tells cdk-nag which findings of a stage stand. */
export function acknowledgeFindings(stage: Stage, platform: 'aws' | 'plain'): void {
  const applicable = acknowledgements.filter(({ onlyPlain }) => !onlyPlain || platform === 'plain');
  for (const construct of stage.node.findAll()) {
    const path = construct.node.path.slice(stage.node.path.length + 1);
    for (const { id, at, reason } of applicable)
      if (at.test(path))
        Validations.of(construct).acknowledge({ id: id.replace('<stage>', stage.node.id), reason });
  }
}
