import { odsCodeSystem } from './identifier-systems.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** The ODS identifier in an `identifier` element, a list or one; undefined where there is none. */
export function odsIdentifierOf(value: JsonValue | undefined): JsonObject | undefined {
  const identifiers: readonly JsonValue[] = Array.isArray(value) ? value : [value ?? null];
  return identifiers.filter(isJsonObject).find(({ system }) => system === odsCodeSystem);
}

/**
 * The resource whose references to Organizations of its Bundle say their ODS code: who is involved in a person's care, their
 * practice and the custodian of a document are known by it, and no Organization is stored. `organisations` holds the
 * identifiers by `Organization/id`; `addresses` gives that for a `fullUrl`.
 */
export function nameOrganisations(
  resource: JsonObject,
  organisations: ReadonlyMap<string, JsonObject>,
  addresses: Pick<ReadonlyMap<string, string>, 'get'>,
): JsonObject {
  if (organisations.size === 0) return resource;
  const named = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(named);
    if (!isJsonObject(value)) return value;
    const { identifier, reference } = value;
    const known =
      typeof reference === 'string' && identifier === undefined
        ? organisations.get(addresses.get(reference) ?? reference)
        : undefined;
    if (known) return { ...value, identifier: known };
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, named(item)]));
  };
  return named(resource) as JsonObject;
}
