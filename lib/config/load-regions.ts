import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as z from 'zod';
import { type RegionConfig, regionConfigSchema } from './schema.ts';

/** The folder with one file per region. */
const regionsFolder = fileURLToPath(new URL('./regions/', import.meta.url));

/** A region file is wrong; the message names the file, the path in it and the reason, one finding a line. */
export class RegionConfigError extends Error {
  override readonly name = 'RegionConfigError';
}

/** Every region of the folder, validated, by name (the file's name): a new region is one new file. */
export async function loadRegions(folder = regionsFolder): Promise<ReadonlyMap<string, RegionConfig>> {
  const regions = new Map<string, RegionConfig>();
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .sort();
  for (const file of files) {
    const name = file.slice(0, -'.ts'.length);
    const module: unknown = await import(pathToFileURL(join(folder, file)).href);
    regions.set(name, parseRegion(file, name, module));
  }
  if (regions.size === 0) throw new RegionConfigError(`${folder}: no region file`);
  return regions;
}

const moduleSchema = z.object({ default: regionConfigSchema });

function parseRegion(file: string, name: string, module: unknown): RegionConfig {
  const parsed = moduleSchema.safeParse(module);
  if (!parsed.success) {
    const findings = parsed.error.issues.map(({ path, message }) => {
      const [, ...inside] = path;
      return `${file}: ${inside.length === 0 ? 'default export' : z.core.toDotPath(inside)}: ${message}`;
    });
    throw new RegionConfigError(findings.join('\n'), { cause: parsed.error });
  }
  const config = parsed.data.default;
  if (config.policy.region !== name)
    throw new RegionConfigError(
      `${file}: policy.region: is '${config.policy.region}', must be the file's name '${name}'`,
    );
  return config;
}
