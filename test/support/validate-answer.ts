import { OperationOutcomeError, validateResource } from '@medplum/core';
import { loadResourceType } from './fhir-definitions.ts';

/** Every resource type that the value names, at whatever depth. */
function resourceTypesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  if ('resourceType' in value && typeof value.resourceType === 'string') found.add(value.resourceType);
  for (const part of Object.values(value)) resourceTypesIn(part, found);
  return found;
}

/**
 * What of a FHIR body breaks FHIR R4, as places with words; nothing for a body that is no resource. With a profile, what
 * breaks that.
 */
export function fhirProblems(body: unknown, profile?: object): string[] {
  if (typeof body !== 'object' || body === null || !('resourceType' in body)) return [];
  const unknown = [...resourceTypesIn(body)].filter((type) => !loadResourceType(type));
  if (unknown.length > 0) return unknown.map((type) => `${type} is no resource type of FHIR R4`);
  const inside = !profile && 'entry' in body && Array.isArray(body.entry) ? body.entry : [];
  const resources = inside.flatMap((entry: { resource?: object } | null) => entry?.resource ?? []);
  return [...issuesOf(body, profile), ...resources.flatMap((one) => issuesOf(one, undefined))]
    .filter(({ severity }) => severity === 'error')
    .map(({ details, expression }) => `${expression?.join(', ')}: ${details?.text}`);
}

interface Issue {
  readonly severity?: string;
  readonly details?: { readonly text?: string };
  readonly expression?: readonly string[];
}

/** The validator throws at an error; what it only warns of, it gives back. */
function issuesOf(body: object, profile: object | undefined): readonly Issue[] {
  try {
    return validateResource(body as never, profile && { profile: profile as never });
  } catch (thrown) {
    if (!(thrown instanceof OperationOutcomeError)) throw thrown;
    return thrown.outcome.issue ?? [];
  }
}
