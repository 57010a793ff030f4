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
  try {
    const found = validateResource(body as never, profile ? { profile: profile as never } : undefined);
    return found.filter(({ severity }) => severity === 'error').map(describe);
  } catch (thrown) {
    if (!(thrown instanceof OperationOutcomeError)) throw thrown;
    return (thrown.outcome.issue ?? []).map(describe);
  }
}

function describe({ details, expression }: { details?: { text?: string }; expression?: string[] }): string {
  return `${expression?.join(', ')}: ${details?.text}`;
}
