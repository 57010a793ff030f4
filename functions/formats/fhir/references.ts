import type { FhirResource } from 'fhir/r4.js';
import { isJsonObject, type JsonValue } from './json.ts';

/** Replaces references by `fullUrl` with `Type/id` (FHIR R4, "transaction": a temporary address means nothing afterwards). */
export function resolveReferences(
  value: JsonValue,
  addresses: Pick<ReadonlyMap<string, string>, 'get'>,
): JsonValue {
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, addresses));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === 'reference' && typeof item === 'string'
        ? (addresses.get(item) ?? item)
        : resolveReferences(item, addresses),
    ]),
  );
}

/**
 * A copy of the resource in which every `Type/id` reference is what `rewrite` makes of it. Where `rewrite` answers undefined
 * the whole Reference goes, with its identifier and display: they would name somebody else. A Patient's absolute address
 * counts like `Patient/id`: it names the same person. Other absolute addresses, references inside the resource (`#…`) and
 * logical references without a `reference` stay as they are.
 */
export function rewriteReferences<Resource extends FhirResource>(
  resource: Resource,
  rewrite: (reference: string) => string | undefined,
): Resource {
  return rewriteValue(resource, rewrite) as Resource;
}

const relative = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/;
const anyPatient = /(?:^|\/)Patient\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

/** The id of the Patient that a reference names, relative or absolute, versioned or not; undefined for any other. */
export function patientIdOf(reference: string): string | undefined {
  return anyPatient.exec(reference)?.[1];
}

function localReference(reference: string): string | undefined {
  const patientId = patientIdOf(reference);
  if (patientId !== undefined) return `Patient/${patientId}`;
  return relative.test(reference) ? reference : undefined;
}

/** What has nothing to rewrite is given back as it is: most of a resource is that. */
function rewriteValue(value: unknown, rewrite: (reference: string) => string | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => rewriteValue(item, rewrite));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const local =
    'reference' in value && typeof value.reference === 'string' && localReference(value.reference);
  if (local) {
    const reference = rewrite(local);
    if (reference === undefined) return {};
    // What a sender wrote beside a patient reference repeats the patient: a name, or an NHS number.
    if (reference.startsWith('Patient/')) return { reference };
    return { ...value, reference };
  }
  let rewritten: Record<string, unknown> | undefined;
  for (const [name, item] of Object.entries(value)) {
    const now = rewriteValue(item, rewrite);
    // Not by assignment, which would swallow an element named __proto__.
    if (now !== item) rewritten = { ...(rewritten ?? value), [name]: now };
  }
  return rewritten ?? value;
}

/**
 * A copy of the resource whose every reference leads to one of `held` (`Type/id`) or to something inside it: of any other only
 * its words are left, as a document must not send its reader elsewhere (http://hl7.org/fhir/R4/documents.html#content).
 */
export function closeReferences<Resource extends FhirResource>(
  resource: Resource,
  held: ReadonlySet<string>,
): Resource {
  return closeValue(resource, held) as Resource;
}

/** What has nothing to close is given back as it is: a record of a thousand entries is mostly that. */
function closeValue(value: unknown, held: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => closeValue(item, held));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if ('reference' in value && typeof value.reference === 'string') {
    const { reference, ...words } = value;
    if (reference.startsWith('#') || held.has(reference)) return value;
    return Object.keys(words).length > 0 ? words : { display: 'Not part of this document' };
  }
  let closed: Record<string, unknown> | undefined;
  for (const [name, item] of Object.entries(value)) {
    const now = closeValue(item, held);
    if (now !== item) closed = { ...(closed ?? value), [name]: now };
  }
  return closed ?? value;
}
