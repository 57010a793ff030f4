import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/**
 * The resource with each Medication that it refers to, and that came in the same Bundle, kept inside it (`contained`): an
 * entry is read alone, and a medicine without its name is a hazard. Other references are left as they are.
 */
export function containMedications(
  resource: JsonObject,
  medications: ReadonlyMap<string, JsonObject>,
): JsonObject {
  const named = new Map<string, JsonObject>();
  const rewritten = rewrite(resource, medications, named);
  if (!isJsonObject(rewritten) || named.size === 0) return resource;
  const { contained } = rewritten;
  return { ...rewritten, contained: [...(Array.isArray(contained) ? contained : []), ...named.values()] };
}

function rewrite(
  value: JsonValue,
  medications: ReadonlyMap<string, JsonObject>,
  named: Map<string, JsonObject>,
): JsonValue {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, medications, named));
  if (!isJsonObject(value)) return value;
  const { reference } = value;
  const medication = typeof reference === 'string' ? medications.get(reference) : undefined;
  if (medication && typeof reference === 'string') {
    named.set(reference, medication);
    return { ...value, reference: `#${reference.slice('Medication/'.length)}` };
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, rewrite(item, medications, named)]),
  );
}
