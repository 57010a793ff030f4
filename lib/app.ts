import { readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as z from 'zod';
import { acknowledgeFindings } from './acknowledgements.ts';
import { loadRegions } from './config/load-regions.ts';
import type { RegionConfig } from './config/schema.ts';
import { type Bundle, sharedBundle } from './constructs/bundle.ts';
import { RegionStage } from './stacks/region-stage.ts';

/** The stage for LocalStack and its like, made from the London config. */
const localStage = 'local';

interface AppOptions {
  /** Names of the stages to make; all regions and `local` when absent. */
  readonly stages?: readonly string[];
  /** Where the assembly is written. */
  readonly outdir?: string;
  /** The functions' code, when it is not to be bundled from functions/. */
  readonly bundle?: Bundle;
  /** The folder of region files. */
  readonly regionsFolder?: string;
  /** False leaves out the CDK's own check of the templates against CloudFormation's schemas, most of a synthesis' time. */
  readonly checkSchemas?: boolean;
}

/** The CDK app: one stage for each region file, and `local`. Call `synth()` on it to write the assembly. */
export async function createApp({
  stages,
  outdir,
  bundle,
  regionsFolder,
  checkSchemas = true,
}: AppOptions = {}): Promise<App> {
  const regions = await loadRegions(regionsFolder);
  const london = regions.get('london');
  const known = [...regions.keys(), ...(london ? [localStage] : [])];
  const wanted = stages === undefined || stages.length === 0 ? known : stages;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`no stage ${unknown.join(', ')}; the stages are ${known.join(', ')}`);

  const app = new App({
    analyticsReporting: false,
    context: featureFlags(),
    builtinCloudFormationValidation: checkSchemas,
    ...(outdir !== undefined && { outdir }),
  });
  for (const name of wanted) {
    const region = regions.get(name);
    const config = region ?? (london && unprotected(london));
    if (config === undefined) throw new Error(`stage ${name} has no config`);
    const platform = region ? 'aws' : 'plain';
    const stage = new RegionStage(app, name, { config, bundle: bundle ?? sharedBundle(), platform });
    acknowledgeFindings(stage, platform);
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/** The same region without what would keep it from being thrown away, and without ML-DSA keys, which LocalStack and its like may not know. */
function unprotected({ policy, deployment }: RegionConfig): RegionConfig {
  const { domain: _publicName, ...rest } = deployment;
  return {
    policy,
    deployment: { ...rest, protectData: false, logRetentionDays: 7, auditLogPostQuantum: false },
  };
}

const cdkJsonSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/** cdk.json's feature flags, which the CDK command line passes by itself: an app run without it must synthesise the same. */
function featureFlags(): Record<string, unknown> {
  const text = readFileSync(new URL('../cdk.json', import.meta.url), 'utf8');
  return cdkJsonSchema.parse(JSON.parse(text)).context;
}
