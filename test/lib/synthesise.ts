import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { createApp } from '../../lib/app.ts';
import { type Bundle, functionEntries } from '../../lib/constructs/bundle.ts';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});

const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string() })).default({}),
  Outputs: z.record(z.string(), z.unknown()).default({}),
  Conditions: z.record(z.string(), z.unknown()).optional(),
});

/** One synthesised template. */
export type Template = z.infer<typeof templateSchema>;

/** One resource of a template, with its logical id. */
export type Resource = z.infer<typeof resourceSchema> & { readonly logicalId: string };

/** The three templates of a stage. */
export type StageTemplates = Readonly<Record<'data' | 'api' | 'events', Template>>;

/** A bundle of one-line functions: what the templates say does not depend on the code. */
export function fixtureBundle(): Bundle {
  return new Map(
    [...functionEntries.keys()].map((name) => [name, Buffer.from(`export const handler = () => '${name}';`)]),
  );
}

/** Synthesises the stages, cdk-nag included, and gives their templates; throws what the synthesis throws. */
export async function synthesise(
  stages: readonly string[],
  options: { readonly regionsFolder?: string; readonly checkSchemas?: boolean } = {},
): Promise<(stage: string) => StageTemplates> {
  const outdir = mkdtempSync(join(tmpdir(), 'towpath-synth-'));
  try {
    const app = await createApp({ stages, outdir, bundle: fixtureBundle(), checkSchemas: false, ...options });
    const assembly = app.synth();
    const found = new Map(
      stages.map((stage) => {
        const stacks = assembly.getNestedAssembly(`assembly-${stage}`).stacks;
        const template = (name: string) => {
          const stack = stacks.find(({ stackName }) => stackName === `${stage}-${name}`);
          if (!stack) throw new Error(`no stack ${stage}-${name}`);
          return templateSchema.parse(JSON.parse(readFileSync(stack.templateFullPath, 'utf8')));
        };
        return [stage, { data: template('data'), api: template('api'), events: template('events') }];
      }),
    );
    return (stage) => {
      const templates = found.get(stage);
      if (!templates) throw new Error(`no stage ${stage}`);
      return templates;
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The resources of one type, in the template's order. */
export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, resource]) => ({ ...resource, logicalId }));
}

/** All resources of a stage. */
export function allResources(stage: StageTemplates): Resource[] {
  return Object.values(stage).flatMap(({ Resources }) =>
    Object.entries(Resources).map(([logicalId, resource]) => ({ ...resource, logicalId })),
  );
}

/** The one resource whose logical id begins so; throws when there are none or several. */
export function resourceNamed(template: Template, type: string, prefix: string): Resource {
  const [found, ...others] = resourcesOf(template, type).filter(({ logicalId }) =>
    logicalId.startsWith(prefix),
  );
  if (!found || others.length > 0)
    throw new Error(`${others.length + (found ? 1 : 0)} resources ${type} ${prefix}…`);
  return found;
}
