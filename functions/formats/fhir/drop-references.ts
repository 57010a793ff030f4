import type { FhirResource } from 'fhir/r4.js';

/** Every `Type/id` to which a resource refers, once each. */
export function referencesOf(resource: FhirResource): Set<string> {
  const found = new Set<string>();
  collect(resource, found);
  return found;
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  else if (typeof value === 'object' && value !== null) {
    if ('reference' in value && typeof value.reference === 'string') found.add(value.reference);
    for (const item of Object.values(value)) collect(item, found);
  }
}

/**
 * A copy of the resource without the references that are `hidden`, as though they had never been there: with its words, from
 * a list without a gap, and an element of a list that is about what it refers to goes as a whole.
 */
export function dropReferences<Resource extends FhirResource>(
  resource: Resource,
  hidden: ReadonlySet<string>,
): Resource {
  return (dropped(resource, hidden) ?? resource) as Resource;
}

/** Undefined for a value that goes. */
function dropped(value: unknown, hidden: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) {
    const left = value.flatMap((item: unknown) => {
      // In a list, what points at something hidden is about that: `List.entry`, `Encounter.diagnosis`.
      if (pointsAt(item, hidden)) return [];
      return dropped(item, hidden) ?? [];
    });
    return left.length > 0 || value.length === 0 ? left : undefined;
  }
  if (typeof value !== 'object' || value === null) return value;
  if ('reference' in value && hidden.has(String(value.reference))) return undefined;
  const entries = Object.entries(value);
  const left = entries.flatMap(([name, item]) => {
    const kept = dropped(item, hidden);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return left.length > 0 || entries.length === 0 ? Object.fromEntries(left) : undefined;
}

function pointsAt(item: unknown, hidden: ReadonlySet<string>): boolean {
  if (typeof item !== 'object' || item === null) return false;
  return Object.values(item).some(
    (part: unknown) =>
      typeof part === 'object' && part !== null && 'reference' in part && hidden.has(String(part.reference)),
  );
}
