import type { MessageHeader } from 'fhir/r4.js';
import type { BundleFrame } from './bundle-frame.ts';
import { type FeedEntry, identifierId, readPlainEntry } from './feed-entry.ts';
import { type FeedMessage, onePatientIssues, readFeedEntries } from './feed-message.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import type { ReadResult } from './read-result.ts';

/** What an answer to a FHIR message needs of it. */
export interface MessageHead {
  readonly id: string;
  readonly event: Pick<MessageHeader, 'eventCoding' | 'eventUri'>;
  readonly source: JsonObject;
}

/** The head of a message Bundle; undefined when it has none that could be answered. */
export function readMessageHead(bundle: unknown): MessageHead | undefined {
  const [first] = isJsonObject(bundle) && Array.isArray(bundle.entry) ? bundle.entry : [];
  const header: JsonValue = isJsonObject(first) ? (first.resource ?? null) : null;
  if (!isJsonObject(header) || header.resourceType !== 'MessageHeader') return undefined;
  const { eventCoding, eventUri, source } = header;
  const id = header.id ?? (isJsonObject(first) ? first.fullUrl : undefined);
  if (typeof id !== 'string' || id === '' || !isJsonObject(source)) return undefined;
  if (isJsonObject(eventCoding)) return { id, event: { eventCoding }, source };
  return typeof eventUri === 'string' ? { id, event: { eventUri }, source } : undefined;
}

/** Reads a FHIR message of one source: a MessageHeader, and resources about one patient; all or none. */
export function readMessage(frame: BundleFrame): ReadResult<{ readonly message: FeedMessage }> {
  if (!readMessageHead({ entry: frame.entries }))
    return { ok: false, issues: ['Bundle.entry[0]: must be a MessageHeader with id, event and source'] };
  const [first] = frame.entries;
  const header = isJsonObject(first) ? first.resource : undefined;
  if (isJsonObject(header) && header.response !== undefined)
    return { ok: false, issues: ['Bundle.entry[0].resource.response: an answer is no feed'] };
  return readPlainEntries(frame, 1, {});
}

/**
 * Reads a document of one source: its Composition is kept whole as a document, and its entries are filed; all or none. The
 * Composition is known by its own identifier, which stays the same over a document's versions (FHIR R4, "Documents"),
 * else by its id, else by the identifier of the Bundle.
 */
export function readDocument(frame: BundleFrame): ReadResult<{ readonly message: FeedMessage }> {
  const [first] = frame.entries;
  const composition = isJsonObject(first) ? first.resource : undefined;
  if (!isJsonObject(composition) || composition.resourceType !== 'Composition')
    return { ok: false, issues: ['Bundle.entry[0]: must be a Composition'] };
  const { id, identifier, subject } = composition;
  const name = nameOf(identifier) ?? (id === undefined ? nameOf(frame.identifier) : undefined);
  const named =
    name === undefined ? frame : { ...frame, entries: [rename(first, name), ...frame.entries.slice(1)] };
  return readPlainEntries(named, 0, isJsonObject(subject) ? { subject } : {});
}

function nameOf(identifier: JsonValue | undefined): string | undefined {
  if (!isJsonObject(identifier)) return undefined;
  const { system, value } = identifier;
  // RFC 3986 identifiers are often sent as a value alone.
  return typeof value === 'string' && value !== ''
    ? identifierId(typeof system === 'string' ? system : '', value)
    : undefined;
}

function rename(entry: JsonValue | undefined, id: string): JsonValue {
  if (!isJsonObject(entry) || !isJsonObject(entry.resource)) return entry ?? null;
  return { ...entry, resource: { ...entry.resource, id } };
}

function readPlainEntries(
  frame: BundleFrame,
  from: number,
  about: { readonly subject?: JsonObject },
): ReadResult<{ readonly message: FeedMessage }> {
  const issues: string[] = [];
  const entries: FeedEntry[] = [];
  for (const [index, item] of frame.entries.entries()) {
    if (index < from) continue;
    const place = `Bundle.entry[${index}].resource`;
    const read = isJsonObject(item)
      ? readPlainEntry({ fullUrl: item.fullUrl, resource: item.resource }, { index, place })
      : { ok: false as const, issues: [`Bundle.entry[${index}]: must be an object`] };
    if (read.ok) entries.push(read.entry);
    else issues.push(...read.issues);
  }
  const { issues: more, message } = readFeedEntries(entries, { ...frame, ...about });
  const found = [...issues, ...[...more.values()].flat()];
  const all = found.length > 0 ? found : onePatientIssues(message);
  return all.length > 0 ? { ok: false, issues: all } : { ok: true, message };
}
