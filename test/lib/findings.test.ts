import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type App, Stack, Stage } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acknowledgements } from '../../lib/acknowledgements.ts';
import { createApp } from '../../lib/app.ts';
import { fixtureBundle, synthesise } from './synthesise.ts';

const stages = ['london', 'hertfordshire-west-essex', 'local'];

let app: App;
let outdir: string;
beforeAll(async () => {
  outdir = mkdtempSync(join(tmpdir(), 'towpath-findings-'));
  app = await createApp({ stages, outdir, bundle: fixtureBundle(), checkSchemas: false });
  // References between stacks get their final form, and their findings their names, by synthesis alone.
  app.synth();
});
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

function stageNamed(name: string): Stage {
  const stage = app.node.findChild(name);
  if (!Stage.isStage(stage)) throw new Error(`${name} is no stage`);
  return stage;
}

describe('cdk-nag’s AwsSolutions', () => {
  it.each(stages)('finds nothing in %s that is not acknowledged', (name) => {
    const { violations } = new AwsSolutionsChecks().validateScope(stageNamed(name));
    expect(violations.map(({ ruleName, violatingResources }) => ({ ruleName, violatingResources }))).toEqual(
      [],
    );
  });

  it('does look: a bucket that anybody could read without TLS is found', () => {
    const stage = new Stage(app, 'careless');
    new Bucket(new Stack(stage, 'stack'), 'Bucket');
    const { violations } = new AwsSolutionsChecks().validateScope(stage);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual(
      expect.arrayContaining(['AwsSolutions-S1', 'AwsSolutions-S10']),
    );
    app.node.tryRemoveChild('careless');
  });
});

describe('the acknowledgements', () => {
  it('each give a reason in a sentence', () => {
    for (const { reason } of acknowledgements) expect(reason).toMatch(/^[A-Z].{30,}\.$/);
  });

  it('are each about something that exists', () => {
    for (const { id, at, onlyPlain } of acknowledgements) {
      const stage = stageNamed(onlyPlain ? 'local' : 'london');
      const paths = stage.node.findAll().map(({ node }) => node.path.slice(stage.node.path.length + 1));
      expect(paths.filter((path) => at.test(path)).length, id).toBeGreaterThan(0);
    }
  });

  it('are all needed: without any one of them there is a finding', () => {
    const found = new Set<string>();
    for (const name of ['london', 'local']) {
      // The rules themselves, asked of the same tree as if nothing had been acknowledged.
      const checks = new AwsSolutionsChecks();
      Object.defineProperty(checks, 'isAcknowledged', { value: () => false });
      for (const { ruleName, violatingResources } of checks.validateScope(stageNamed(name)).violations)
        for (const { constructPath } of violatingResources)
          found.add(
            `${ruleName.replace(`${name}-data:`, '<stage>-data:')} ${name} ${constructPath?.slice(name.length + 1)}`,
          );
    }
    for (const { id, at, onlyPlain } of acknowledgements) {
      const stage = onlyPlain ? 'local' : 'london';
      const needed = [...found].some((finding) => {
        const prefix = `${id} ${stage} `;
        return finding.startsWith(prefix) && at.test(finding.slice(prefix.length));
      });
      expect(needed, id).toBe(true);
    }
  });
});

describe('CloudFormation’s schemas', () => {
  it('find no fault in the templates of any stage', async () => {
    await expect(synthesise(stages, { checkSchemas: true })).resolves.toBeTypeOf('function');
    // CloudFormation's schemas are thousands of files: a busy machine takes a minute.
  }, 120_000);
});
