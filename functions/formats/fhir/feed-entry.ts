import { createHash } from 'node:crypto';
import { isSupportingType } from './clinical-resource.ts';
import { fhirIdPattern, nhsNumberSystem } from './identifier-systems.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import type { ReadResult } from './read-result.ts';

/** One resource of a feed, with the name under which it is filed. */
export interface FeedEntry {
  /** Its position in the Bundle. */
  readonly index: number;
  /** Where it stands in what was sent, for issues; empty when it was sent alone. */
  readonly place: string;
  readonly fullUrl?: string;
  readonly resourceType: string;
  /** A sender's resource is known by its type and this: its id, or {@link identifierId} of a business identifier. */
  readonly id: string;
  /** The sender's own id, where the resource is named by an identifier all the same. */
  readonly givenId?: string;
  readonly resource: JsonObject;
  /** A conditional create: what is held under this name stays as it is. */
  readonly onlyIfNew?: true;
  /** The version that must be the current one. */
  readonly expectedVersion?: number;
}

type Read = ReadResult<{ readonly entry: FeedEntry }>;

const uuidUrl = /^urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;

/**
 * The FHIR id of a resource that is known by a business identifier: whoever names the identifier names the resource, in a
 * conditional request, in a reference, or by sending a resource without id.
 */
export function identifierId(system: string, value: string): string {
  return createHash('sha256').update(`${system}|${value}`).digest('hex');
}

/** The id in `identifier=system|value`, the one condition that is taken; undefined for any other. */
export function idOfCondition(query: string): string | undefined {
  const parameters = [...new URLSearchParams(query)];
  const [name, token = ''] = parameters[0] ?? [];
  const [system = '', value = '', ...rest] = token.split('|');
  return parameters.length === 1 && name === 'identifier' && system && value && rest.length === 0
    ? identifierId(system, value)
    : undefined;
}

/** `Type/id` behind a conditional reference (`Patient?identifier=system|value`); undefined for any other. */
export function conditionalAddress(reference: string): string | undefined {
  const [, type, query = ''] = /^([A-Z][A-Za-z]+)\?(.+)$/.exec(reference) ?? [];
  const id = type && idOfCondition(query);
  return id ? `${type}/${id}` : undefined;
}

/** The {@link identifierId} of each business identifier of a resource: the NHS number last, as others name a record and it a person. */
export function businessIds({ identifier }: JsonObject): readonly string[] {
  const given: readonly JsonValue[] = Array.isArray(identifier) ? identifier : [identifier ?? null];
  return given
    .filter(isJsonObject)
    .flatMap(({ system, use, value }) =>
      typeof system === 'string' && typeof value === 'string' && use !== 'old' ? [{ system, value }] : [],
    )
    .toSorted((a, b) => Number(a.system === nhsNumberSystem) - Number(b.system === nhsNumberSystem))
    .map(({ system, value }) => identifierId(system, value));
}

function named(
  entry: Omit<FeedEntry, 'id' | 'resource'> & { readonly resource: JsonObject },
  id: JsonValue | undefined,
): Read {
  const { place } = entry;
  if (typeof id !== 'string')
    return { ok: false, issues: [`${place && `${place}.`}id: is missing, and no identifier stands for it`] };
  if (!fhirIdPattern.test(id)) return { ok: false, issues: [`${place && `${place}.`}id: must be a FHIR id`] };
  const given = entry.resource.id;
  return {
    ok: true,
    entry: {
      ...entry,
      id,
      resource: { ...entry.resource, id },
      ...(typeof given === 'string' && given !== id && { givenId: given }),
    },
  };
}

/** A resource as it stands in a message or a document, or alone: it says itself what it is. */
export function readPlainEntry(
  {
    fullUrl,
    resource,
  }: { readonly fullUrl?: JsonValue | undefined; readonly resource: JsonValue | undefined },
  { index, place }: Pick<FeedEntry, 'index' | 'place'>,
): Read {
  if (!isJsonObject(resource)) return { ok: false, issues: [`${place || 'resource'}: must be an object`] };
  const { resourceType } = resource;
  if (typeof resourceType !== 'string')
    return { ok: false, issues: [`${place && `${place}.`}resourceType: is missing`] };
  if (fullUrl !== undefined && typeof fullUrl !== 'string')
    return { ok: false, issues: [`${place.replace(/resource$/, '')}fullUrl: must be text`] };
  // What stands behind entries is not stored, so it needs no name of its own.
  const unnamed = isSupportingType(resourceType) ? `entry-${index}` : undefined;
  const id = resource.id ?? businessIds(resource)[0] ?? uuidUrl.exec(fullUrl ?? '')?.[1] ?? unnamed;
  return named({ index, place, resourceType, resource, ...(fullUrl !== undefined && { fullUrl }) }, id);
}

const requestElements: ReadonlySet<string> = new Set(['method', 'url', 'ifNoneExist', 'ifMatch']);
const entryElements: ReadonlySet<string> = new Set([
  'id',
  'extension',
  'fullUrl',
  'link',
  'resource',
  'request',
]);

/** One entry of a transaction or a batch: `request` says how the resource is to be stored. */
export function readRequestedEntry(sent: JsonValue, index: number): Read {
  const path = `Bundle.entry[${index}]`;
  const refuse = (issue: string): Read => ({ ok: false, issues: [`${path}${issue}`] });
  if (!isJsonObject(sent)) return refuse(': must be an object');
  if (Object.keys(sent).some((element) => !entryElements.has(element)))
    return refuse(': has an element that is not taken here');
  const place = `${path}.resource`;
  const plain = readPlainEntry(sent as { resource: JsonValue }, { index, place });
  // Where the name alone is missing, a condition of the request may be one.
  if (!plain.ok && !plain.issues[0]?.includes('.id: is missing')) return plain;
  const { request, resource } = sent;
  if (!isJsonObject(resource) || !isJsonObject(request)) return refuse('.request: must be an object');
  const { ifMatch, ifNoneExist, method, url } = request;
  if (Object.keys(request).some((element) => !requestElements.has(element)))
    return refuse('.request: has an element that is not taken here');
  if (method !== 'POST' && method !== 'PUT') return refuse('.request.method: must be POST or PUT');
  if (typeof url !== 'string') return refuse('.request.url: must be text');
  const resourceType = String(resource.resourceType);

  const [target = '', query] = url.split('?', 2);
  const condition = query ?? (typeof ifNoneExist === 'string' ? ifNoneExist : undefined);
  if (condition !== undefined) {
    const isWellPlaced = method === 'PUT' ? ifNoneExist === undefined : query === undefined;
    const id = idOfCondition(condition);
    if (!isWellPlaced || target !== resourceType || id === undefined)
      return refuse(
        `.request.${query === undefined ? 'ifNoneExist' : 'url'}: the condition must be identifier=system|value`,
      );
    const { fullUrl } = sent;
    const entry = { index, place, resourceType, resource, ...(typeof fullUrl === 'string' && { fullUrl }) };
    return named({ ...entry, ...(method === 'POST' && { onlyIfNew: true as const }) }, id);
  }
  if (!plain.ok) return plain;
  const expected = method === 'POST' ? resourceType : `${resourceType}/${plain.entry.id}`;
  if (url !== expected) return refuse('.request.url: must be the type for POST, type/id for PUT');
  if (ifMatch === undefined) return plain;
  const version = typeof ifMatch === 'string' ? /^W\/"([0-9]{1,9})"$/.exec(ifMatch)?.[1] : undefined;
  return version === undefined || method === 'POST'
    ? refuse('.request.ifMatch: must be an ETag of this region, with PUT')
    : { ok: true, entry: { ...plain.entry, expectedVersion: Number(version) } };
}
