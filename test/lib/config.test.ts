import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../lib/app.ts';
import { deploymentDefaults } from '../../lib/config/defaults.ts';
import { loadRegions, RegionConfigError } from '../../lib/config/load-regions.ts';
import london from '../../lib/config/regions/london.ts';
import { fixtureBundle, resourceNamed, resourcesOf, synthesise } from './synthesise.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'towpath-regions-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function writeRegion(name: string, config: unknown): void {
  writeFileSync(join(folder, `${name}.ts`), `export default ${JSON.stringify(config)};\n`);
}

/** London's config under another name, with changes to its two parts. */
function region(name: string, policy: object = {}, deployment: object = {}) {
  return {
    policy: { ...london.policy, region: name, ...policy },
    deployment: { ...london.deployment, ...deployment },
  };
}

describe('the regions of the project', () => {
  it('are London and Hertfordshire and West Essex, each in the file of its name', async () => {
    expect([...(await loadRegions()).keys()]).toEqual(['hertfordshire-west-essex', 'london']);
  });

  it('know each other’s trust as a neighbour, and nobody knows T9Z', async () => {
    const regions = await loadRegions();
    const neighbours = [...regions].map(([name, { policy }]) => [
      name,
      policy.organisations
        .filter(({ region }) => region !== name)
        .map(({ ods, region }) => `${ods} of ${region}`),
    ]);
    expect(Object.fromEntries(neighbours)).toEqual({
      london: ['T9H of hertfordshire-west-essex'],
      'hertfordshire-west-essex': ['T9A of london'],
    });
    const all = [...regions.values()].flatMap(({ policy }) => policy.organisations.map(({ ods }) => ods));
    expect(all).not.toContain('T9Z');
  });

  it('keep data in the United Kingdom', async () => {
    for (const { deployment } of (await loadRegions()).values()) {
      expect(deployment.awsRegion).toBe('eu-west-2');
      expect(deployment.protectData).toBe(true);
    }
  });
});

describe('a third region', () => {
  it('is one file more: it gets its own three stacks', async () => {
    writeRegion('milton-keynes', region('milton-keynes', { name: 'Milton Keynes' }, { endpoint: 'edge' }));
    const templates = await synthesise(['milton-keynes'], { regionsFolder: folder });
    const { data, api, events } = templates('milton-keynes');
    expect(resourcesOf(data, 'AWS::DynamoDB::GlobalTable')).toHaveLength(2);
    expect(resourcesOf(events, 'AWS::Lambda::EventSourceMapping')).toHaveLength(5);
    expect(resourceNamed(api, 'AWS::ApiGateway::RestApi', 'Api').Properties).toMatchObject({
      Name: 'towpath-milton-keynes',
      // Both kinds of endpoint are proven: this region asks for the other one than London.
      EndpointConfiguration: { Types: ['EDGE'] },
    });
  });

  it('may have a name of its own, and then its execute-api host is off', async () => {
    const certificateArn = 'arn:aws:acm:eu-west-2:111122223333:certificate/aaaa-bbbb';
    writeRegion(
      'oxford',
      region(
        'oxford',
        {},
        { endpoint: 'regional', domain: { name: 'api.oxford.towpath.example', certificateArn } },
      ),
    );
    const { api } = (await synthesise(['oxford'], { regionsFolder: folder }))('oxford');
    expect(resourceNamed(api, 'AWS::ApiGateway::RestApi', 'Api').Properties.DisableExecuteApiEndpoint).toBe(
      true,
    );
    expect(resourcesOf(api, 'AWS::ApiGateway::DomainName').map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({
        DomainName: 'api.oxford.towpath.example',
        RegionalCertificateArn: certificateArn,
        SecurityPolicy: 'TLS_1_2',
      }),
    ]);
  });
});

describe('a wrong region file', () => {
  it.each([
    ['a missing field', { policy: { ...london.policy, region: 'x1' } }, /^x1\.ts: deployment: /],
    ['an unknown field', region('x1', {}, { replicas: ['eu-west-1'] }), /^x1\.ts: deployment: .*replicas/],
    [
      'a region outside the UK',
      region('x1', {}, { awsRegion: 'eu-west-1' }),
      /^x1\.ts: deployment\.awsRegion: .*eu-west-2/,
    ],
    [
      'an endpoint that is none',
      region('x1', {}, { endpoint: 'private' }),
      /^x1\.ts: deployment\.endpoint: /,
    ],
    [
      'an audit kept too briefly',
      region('x1', {}, { auditRetentionYears: 2 }),
      /^x1\.ts: deployment\.auditRetentionYears: .*8/,
    ],
    [
      'an organisation listed twice',
      region('x1', { organisations: [london.policy.organisations[0], london.policy.organisations[0]] }),
      /^x1\.ts: policy: organisation Y90001 is listed twice/,
    ],
    [
      'a wrong ODS code',
      region('x1', { organisations: [{ ...london.policy.organisations[0], ods: 'y-1' }] }),
      /^x1\.ts: policy\.organisations\[0\]\.ods: an ODS code/,
    ],
    [
      'another name than its file',
      region('x2'),
      /^x1\.ts: policy\.region: is 'x2', must be the file's name 'x1'/,
    ],
    [
      'an organisation above its region',
      region(
        'x1',
        {},
        {
          throttle: { ...deploymentDefaults.throttle, organisation: { ratePerSecond: 900, burst: 1 } },
        },
      ),
      /^x1\.ts: deployment\.throttle\.organisation\.ratePerSecond: must not be above that of the region/,
    ],
    [
      'an edge endpoint with a certificate that CloudFront cannot use',
      region(
        'x1',
        {},
        {
          endpoint: 'edge',
          domain: {
            name: 'x1.towpath.example',
            certificateArn: 'arn:aws:acm:eu-west-2:111122223333:certificate/aaaa-bbbb',
          },
        },
      ),
      /^x1\.ts: deployment\.domain\.certificateArn: an edge endpoint needs a certificate in us-east-1/,
    ],
    [
      'a name too long for the functions that carry it',
      region('a-region-whose-name-is-much-too-long'),
      /^x1\.ts: policy\.region: is longer than 32 characters/,
    ],
    ['no config at all', undefined, /^x1\.ts: default export: /],
  ])('with %s is refused, naming file, path and reason', async (_what, config, message) => {
    writeRegion('x1', config);
    await expect(loadRegions(folder)).rejects.toThrow(RegionConfigError);
    await expect(loadRegions(folder)).rejects.toThrow(message);
    await expect(createApp({ regionsFolder: folder, bundle: fixtureBundle() })).rejects.toThrow(message);
  });

  it('is named with all its findings at once', async () => {
    writeRegion('x1', region('x1', { name: '' }, { endpoint: 'none', costCentre: '' }));
    await expect(loadRegions(folder)).rejects.toThrow(
      /policy\.name: .*\n.*deployment\.endpoint: .*\n.*deployment\.costCentre: /,
    );
  });

  it('in an empty folder is said to be missing', async () => {
    await expect(loadRegions(folder)).rejects.toThrow(/no region file/);
  });
});
