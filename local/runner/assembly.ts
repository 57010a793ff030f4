import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Json, JsonObject } from './json.ts';
import { RunnerRefusal } from './refusal.ts';

const manifestSchema = z.object({
  artifacts: z
    .record(
      z.string(),
      z.object({
        type: z.string(),
        environment: z.string().optional(),
        properties: z.record(z.string(), z.unknown()).optional(),
        dependencies: z.array(z.string()).optional(),
      }),
    )
    .default({}),
});

const nestedAssemblySchema = z.object({ directoryName: z.string(), displayName: z.string() });

const assetManifestSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

const jsonSchema: z.ZodType<Json> = z.json();
const jsonObjectSchema: z.ZodType<JsonObject> = z.record(z.string(), jsonSchema);

const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: jsonSchema.optional(),
  Parameters: z
    .record(
      z.string(),
      z.object({
        Type: z.string(),
        Default: z.union([z.string(), z.number()]).optional(),
        AllowedValues: z.array(z.union([z.string(), z.number()])).optional(),
      }),
    )
    .default({}),
  Rules: jsonObjectSchema.default({}),
  Conditions: jsonObjectSchema.default({}),
  Mappings: jsonObjectSchema.default({}),
  Resources: z.record(
    z.string(),
    z.strictObject({
      Type: z.string(),
      Properties: jsonObjectSchema.default({}),
      DependsOn: jsonSchema.optional(),
      Metadata: jsonSchema.optional(),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
      UpdatePolicy: jsonSchema.optional(),
      Condition: z.string().optional(),
    }),
  ),
  Outputs: z
    .record(
      z.string(),
      z.object({
        Value: jsonSchema,
        Export: z.object({ Name: jsonSchema }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
});

/** A CloudFormation template with only the sections that the runner knows. */
export type Template = z.infer<typeof templateSchema>;

/** One stack of the Stage. */
export interface AssemblyStack {
  readonly name: string;
  /** The stack's own account and AWS region; undefined where the app left them open. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly template: Template;
  /** Object key of a staged asset (`<hash>.zip`) → the folder or file that the deployment would upload. */
  readonly assets: ReadonlyMap<string, string>;
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RunnerRefusal(`${path.basename(file)} cannot be read; synthesise the app first`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RunnerRefusal(`${path.basename(file)} is not JSON`, { cause });
  }
}

function parse<Output>(schema: z.ZodType<Output>, file: string): Output {
  const result = schema.safeParse(readJson(file));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : ` at ${issue.path.join('.')}: ${issue.message}`;
  throw new RunnerRefusal(`${path.basename(file)} has a part that this runner does not know${where}`);
}

/** The folder of the Stage's nested assembly. */
function findStageFolder(assemblyDir: string, stage: string): string {
  const manifest = parse(manifestSchema, path.join(assemblyDir, 'manifest.json'));
  const stages: string[] = [];
  for (const artifact of Object.values(manifest.artifacts)) {
    if (artifact.type !== 'cdk:cloud-assembly') continue;
    const nested = nestedAssemblySchema.parse(artifact.properties);
    if (nested.displayName === stage) return path.join(assemblyDir, nested.directoryName);
    stages.push(nested.displayName);
  }
  throw new RunnerRefusal(
    `the assembly has no Stage "${stage}"; it has ${stages.length === 0 ? 'none' : stages.join(', ')}`,
  );
}

function readAssets(file: string, root: string): Map<string, string> {
  const assets = new Map<string, string>();
  for (const asset of Object.values(parse(assetManifestSchema, file).files)) {
    if (asset.source.path === undefined) continue;
    const staged = path.resolve(path.dirname(file), asset.source.path);
    if (!staged.startsWith(root + path.sep)) {
      throw new RunnerRefusal(`${path.basename(file)} names an asset outside the assembly`);
    }
    for (const destination of Object.values(asset.destinations)) assets.set(destination.objectKey, staged);
  }
  return assets;
}

/** Reads the stacks of one Stage from a synthesised cloud assembly, each after those that it depends on. */
export function readStageAssembly(assemblyDir: string, stage: string): AssemblyStack[] {
  let root: string;
  try {
    root = realpathSync(assemblyDir);
  } catch (cause) {
    throw new RunnerRefusal('the assembly folder does not exist; synthesise the app first', { cause });
  }
  const folder = findStageFolder(root, stage);
  const { artifacts } = parse(manifestSchema, path.join(folder, 'manifest.json'));
  const stacks: AssemblyStack[] = [];
  const visited = new Set<string>();

  const visit = (id: string): void => {
    if (visited.has(id)) return;
    visited.add(id);
    const artifact = artifacts[id];
    if (artifact === undefined) return;
    for (const dependency of artifact.dependencies ?? []) visit(dependency);
    if (artifact.type === 'cdk:cloud-assembly')
      throw new RunnerRefusal(`Stage "${stage}" holds a Stage of its own, which this runner does not serve`);
    if (artifact.type !== 'aws:cloudformation:stack') return;
    const templateFile = z.string().parse(artifact.properties?.templateFile);
    const stackName = z.string().default(id).parse(artifact.properties?.stackName);
    const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '') ?? [];
    const assets = new Map<string, string>();
    for (const dependency of artifact.dependencies ?? []) {
      const manifest = artifacts[dependency];
      if (manifest?.type !== 'cdk:asset-manifest') continue;
      const file = path.join(folder, z.string().parse(manifest.properties?.file));
      for (const [key, staged] of readAssets(file, root)) assets.set(key, staged);
    }
    stacks.push({
      name: stackName,
      account: account === 'unknown-account' ? undefined : account,
      region: region === 'unknown-region' ? undefined : region,
      template: parse(templateSchema, path.join(folder, templateFile)),
      assets,
    });
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return stacks;
}
