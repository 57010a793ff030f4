import type { FhirResource } from 'fhir/r4.js';

/**
 * A copy of the resource in which every `Type/id` reference is what `rewrite` makes of it. Where `rewrite` answers undefined
 * the whole Reference goes, with its identifier and display: they would name somebody else. References inside the resource
 * (`#…`), absolute addresses and logical references without a `reference` stay as they are.
 */
export function rewriteReferences<Resource extends FhirResource>(
  resource: Resource,
  rewrite: (reference: string) => string | undefined,
): Resource {
  return rewriteValue(resource, rewrite) as Resource;
}

const relative = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/;

function rewriteValue(value: unknown, rewrite: (reference: string) => string | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => rewriteValue(item, rewrite));
  if (typeof value !== 'object' || value === null) return value;
  if ('reference' in value && typeof value.reference === 'string' && relative.test(value.reference)) {
    const reference = rewrite(value.reference);
    if (reference === undefined) return {};
    // What a sender wrote beside a patient reference repeats the patient: a name, or an NHS number.
    if (reference.startsWith('Patient/')) return { reference };
    return { ...value, reference };
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rewriteValue(item, rewrite)]));
}
