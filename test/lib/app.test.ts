import { beforeAll, describe, expect, it } from 'vitest';
import { pathsOf, routes } from '../../functions/api/routes.ts';
import { createApp } from '../../lib/app.ts';
import { allResources, fixtureBundle, resourcesOf, type StageTemplates, synthesise } from './synthesise.ts';

let templates: (stage: string) => StageTemplates;
let again: (stage: string) => StageTemplates;
beforeAll(async () => {
  templates = await synthesise(['london', 'local']);
  again = await synthesise(['london']);
});

describe('the app', () => {
  it('makes every region and the local stage unless it is told which', async () => {
    const app = await createApp({ bundle: fixtureBundle() });
    const stages = app.node.children.map(({ node }) => node.id);
    expect(stages).toEqual(['hertfordshire-west-essex', 'london', 'local']);
  });

  it('names the stages that it has when it is asked for another', async () => {
    await expect(createApp({ stages: ['london', 'atlantis'], bundle: fixtureBundle() })).rejects.toThrow(
      'no stage atlantis; the stages are hertfordshire-west-essex, london, local',
    );
  });

  it('refuses a bundle that lacks a function', async () => {
    const bundle = new Map(fixtureBundle());
    bundle.delete('match-patient');
    await expect(createApp({ stages: ['london'], bundle })).rejects.toThrow(
      'the bundle holds no function match-patient',
    );
  });

  it('synthesises the same templates from the same code', () => {
    expect(again('london')).toEqual(templates('london'));
  });

  it('uses only intrinsics that the local runner resolves, no conditions and no custom resources', () => {
    const known = new Set([
      'Ref',
      'Fn::GetAtt',
      'Fn::Join',
      'Fn::Sub',
      'Fn::ImportValue',
      'Fn::Select',
      'Fn::Split',
    ]);
    const used = new Set<string>();
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'Ref' || key.startsWith('Fn::')) used.add(key);
        visit(inner);
      }
    };
    for (const stage of ['london', 'local'])
      for (const template of Object.values(templates(stage))) {
        visit(template.Resources);
        expect(template.Conditions).toBeUndefined();
      }
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
    const types = new Set(allResources(templates('london')).map(({ Type }) => Type));
    expect([...types].filter((type) => /^Custom::|CustomResource|CDK::Metadata/.test(type))).toEqual([]);
  });

  it('keeps a stack well below CloudFormation’s limit of 500 resources', () => {
    for (const { Resources } of Object.values(templates('london')))
      expect(Object.keys(Resources).length).toBeLessThan(470);
  });
});

describe('the local stage', () => {
  // The types that LocalStack 4.14 skips with a warning only, so that what they do would silently be missing.
  const skipped = [
    'AWS::ApiGateway::Authorizer',
    'AWS::CloudWatch::Dashboard',
    'AWS::Logs::MetricFilter',
    'AWS::Logs::QueryDefinition',
    'AWS::Budgets::Budget',
    'AWS::CloudTrail::Trail',
    'AWS::Events::Archive',
    'AWS::Route53::HostedZone',
  ];
  const skippedServices =
    /^AWS::(WAFv2|CloudFront|CodeDeploy|ApplicationAutoScaling|Cognito|ApplicationSignals)::/;

  it('holds nothing that LocalStack would skip', () => {
    const types = allResources(templates('local')).map(({ Type }) => Type);
    expect(types.filter((type) => skipped.includes(type) || skippedServices.test(type))).toEqual([]);
  });

  it('has every route, open at the gateway: the handlers verify the token', () => {
    const methods = resourcesOf(templates('local').api, 'AWS::ApiGateway::Method');
    expect(methods).toHaveLength(routes.flatMap(pathsOf).length);
    for (const { Properties } of methods) {
      expect(Properties.AuthorizationType).toBe('NONE');
      expect(Properties.ApiKeyRequired ?? false).toBe(false);
    }
    const functions = resourcesOf(templates('local').api, 'AWS::Lambda::Function');
    const withKeys = functions.filter(({ Properties }) =>
      JSON.stringify(Properties.Environment).includes('TOKEN_JWKS'),
    );
    expect(withKeys).toHaveLength(routes.filter(({ permission }) => permission !== 'open').length);
  });

  it('can be destroyed whole', () => {
    for (const { Type, DeletionPolicy, Properties, logicalId } of allResources(templates('local'))) {
      expect(DeletionPolicy ?? 'Delete', logicalId).toBe('Delete');
      expect(Properties, logicalId).not.toHaveProperty('ObjectLockConfiguration');
      if (Type === 'AWS::DynamoDB::GlobalTable')
        expect(Properties.Replicas).toEqual([expect.objectContaining({ DeletionProtectionEnabled: false })]);
    }
  });

  it('signs the heads of the log by ECDSA alone: LocalStack and its like may know no ML-DSA keys', () => {
    const { data, events } = templates('local');
    const specs = resourcesOf(data, 'AWS::KMS::Key').flatMap(({ Properties }) => Properties.KeySpec ?? []);
    expect(specs.toSorted()).toEqual(['ECC_NIST_P256', 'ECC_NIST_P384']);
    expect(JSON.stringify(events)).toContain('"LOG_KEY"');
    expect(JSON.stringify(events)).not.toMatch(/POST_QUANTUM|PostQuantum|ML_DSA/);
  });

  it('still encrypts, restores and archives', () => {
    const { data, events } = templates('local');
    for (const { Properties } of resourcesOf(data, 'AWS::DynamoDB::GlobalTable'))
      expect(Properties).toMatchObject({
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
      });
    expect(resourcesOf(events, 'AWS::Lambda::EventSourceMapping')).toHaveLength(5);
  });
});
