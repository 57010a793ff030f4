import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RegionConfigInput } from './schema.ts';

/** The file of a region's agreements: data, reviewed like code. */
export function agreementsFile(region: string): string {
  return fileURLToPath(new URL(`./agreements/${region}.json`, import.meta.url));
}

/** The agreements in a region's file as they stand there: they are validated with the rest of the region. */
export function readAgreements(region: string): RegionConfigInput['policy']['agreements'] {
  return JSON.parse(readFileSync(agreementsFile(region), 'utf8')).agreements;
}
