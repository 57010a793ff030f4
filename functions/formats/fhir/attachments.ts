import { createHash } from 'node:crypto';
import { documentType } from '../../domain/record/document-type.ts';
import { odsCodeSystem } from './identifier-systems.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { odsIdentifierOf } from './name-organisations.ts';

/** A body beyond this many bytes is kept as an object of its own; a smaller one stays in its entry. */
export const largestInlineBody = 8 * 1024;

/** On an Attachment: the document is not held here; the value identifies the organisation that holds it. */
export const notHeldExtension = 'https://towpath.example/fhir/StructureDefinition/not-held-here';

/** On an Attachment: the media type that the sender declared and that the bytes did not bear out. */
export const declaredTypeExtension = 'https://towpath.example/fhir/StructureDefinition/declared-content-type';

const absentReasonExtension = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** Where the types of the record hold Attachments (FHIR R4). */
const placesByType: Readonly<Record<string, readonly [list: string, element?: string]>> = {
  Communication: ['payload', 'contentAttachment'],
  DiagnosticReport: ['presentedForm'],
  DocumentReference: ['content', 'attachment'],
  RelatedPerson: ['photo'],
};

/** Addresses that may stand in a record as text. None is ever fetched from here; a browser runs none of them as a script. */
const pointerScheme = /^(?:https?|ssp|urn):/i;
const anyScheme = /^[a-z][a-z0-9+.-]*:/i;

/** The resource with each of its Attachments, and each of those of what it contains, as `change` leaves it; `place` names them. */
function mapAttachments(
  resource: JsonObject,
  change: (attachment: JsonObject, place: string) => JsonObject,
): JsonObject {
  const { contained, resourceType } = resource;
  const [list, element] = placesByType[String(resourceType)] ?? [];
  const items = list === undefined ? undefined : resource[list];
  const place = [resourceType, list, ...(element ? [element] : [])].join('.');
  const toItem = (item: JsonValue): JsonValue => {
    if (!isJsonObject(item)) return item;
    if (element === undefined) return change(item, place);
    const attachment = item[element];
    return isJsonObject(attachment) ? { ...item, [element]: change(attachment, place) } : item;
  };
  const toContained = (one: JsonValue) => (isJsonObject(one) ? mapAttachments(one, change) : one);
  return {
    ...resource,
    ...(list !== undefined && Array.isArray(items) && { [list]: items.map(toItem) }),
    ...(Array.isArray(contained) && { contained: contained.map(toContained) }),
  };
}

/** The places of Attachments that cannot be taken: an address that could run or read something, or a body that is no base64. */
export function attachmentIssues(resource: JsonObject): readonly string[] {
  const issues = new Set<string>();
  mapAttachments(resource, (attachment, place) => {
    const { data, url } = attachment;
    if (url !== undefined && !isTakenUrl(url))
      issues.add(`${place}.url: must be an https, http, ssp or urn address`);
    if (data !== undefined && !(typeof data === 'string' && isBase64(withoutBlanks(data))))
      issues.add(`${place}.data: must be base64`);
    return attachment;
  });
  return [...issues];
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(text.replace(/={1,2}$/, ''));
}

function isTakenUrl(url: JsonValue): boolean {
  // Browsers leave blanks and line ends out of an address: `java\nscript:` is one word to them.
  if (typeof url !== 'string' || /[\s\p{C}\\]/u.test(url)) return false;
  return pointerScheme.test(url) || !anyScheme.test(url);
}

/**
 * The resource with the bodies of the Binaries of its Bundle, or contained in it, that its Attachments name. `named` holds those
 * of the Bundle by `Type/id`, `addresses` gives `Type/id` for a `fullUrl`. None is stored by itself.
 */
export function completeDocument(
  resource: JsonObject,
  named: ReadonlyMap<string, JsonObject>,
  addresses: Pick<ReadonlyMap<string, string>, 'get'>,
): JsonObject {
  const within = new Map<string, JsonObject>();
  for (const one of containedOf(resource)) if (one.resourceType === 'Binary') within.set(`#${one.id}`, one);
  const taken = new Set<JsonValue>();
  const mapped = mapAttachments(resource, (attachment) => {
    const { url } = attachment;
    const binary =
      typeof url === 'string' ? (within.get(url) ?? named.get(addresses.get(url) ?? url)) : undefined;
    if (binary?.resourceType !== 'Binary' || binary.data === undefined) return attachment;
    taken.add(binary.id ?? null);
    const { url: _, ...rest } = attachment;
    return { ...contentTypeOf(binary), ...rest, data: binary.data };
  });
  return within.size === 0 ? mapped : withoutBinaries(mapped, taken);
}

function containedOf({ contained }: JsonObject): readonly JsonObject[] {
  return Array.isArray(contained) ? contained.filter(isJsonObject) : [];
}

/** The resource without the contained Binaries whose bodies an Attachment has taken over. */
function withoutBinaries(resource: JsonObject, taken: ReadonlySet<JsonValue>): JsonObject {
  const { contained: _, ...rest } = resource;
  const left = containedOf(resource).filter(
    ({ id, resourceType }) => resourceType !== 'Binary' || !taken.has(id ?? null),
  );
  return { ...rest, ...(left.length > 0 && { contained: left }) };
}

function contentTypeOf({ contentType }: JsonObject): JsonObject {
  return typeof contentType === 'string' ? { contentType } : {};
}

/** A document that a resource brought: its bytes, and what the resource now says in their place. */
export interface BroughtDocument {
  readonly id: string;
  readonly bytes: Buffer;
  readonly contentType: string;
  /** SHA-256 (hex) of the bytes. */
  readonly digest: string;
}

/**
 * The resource as it is kept: bodies over {@link largestInlineBody} give way to `Binary/{id}` with size and hash; a type that
 * the bytes do not bear out is not served; an address elsewhere is marked as not held here, with who holds it; one that
 * means something on the sender's server alone is taken out. `idOf` names a document by the digest of its bytes.
 */
export function separateDocuments(
  resource: JsonObject,
  { idOf, ods }: { readonly idOf: (digest: string) => string; readonly ods: string },
): { readonly resource: JsonObject; readonly documents: readonly BroughtDocument[] } {
  const documents: BroughtDocument[] = [];
  const { custodian } = resource;
  const holder = (isJsonObject(custodian) && odsIdentifierOf(custodian.identifier)) || {
    system: odsCodeSystem,
    value: ods,
  };
  const kept = mapAttachments(resource, (given) => {
    const attachment = withoutOurExtensions(given);
    const { contentType: declared, data, url, ...rest } = attachment;
    if (typeof data !== 'string') {
      if (typeof url !== 'string') return attachment;
      return pointerScheme.test(url)
        ? withExtension(attachment, { url: notHeldExtension, valueIdentifier: holder })
        : {
            ...rest,
            ...(declared !== undefined && { contentType: declared }),
            _url: { extension: [{ url: absentReasonExtension, valueCode: 'not-permitted' }] },
          };
    }
    const bytes = Buffer.from(withoutBlanks(data), 'base64');
    const contentType = documentType(typeof declared === 'string' ? declared : undefined, bytes);
    const typed =
      typeof declared === 'string' && !isSameType(declared, contentType)
        ? withExtension({ ...rest, contentType }, { url: declaredTypeExtension, valueString: declared })
        : { ...rest, contentType };
    if (bytes.length <= largestInlineBody) return { ...typed, data };
    const digest = createHash('sha256').update(bytes).digest('hex');
    const id = idOf(digest);
    documents.push({ id, bytes, contentType, digest });
    return {
      ...typed,
      url: `Binary/${id}`,
      size: bytes.length,
      // FHIR R4 asks for SHA-1 here: it tells a broken copy, not a forged one.
      hash: createHash('sha1').update(bytes).digest('base64'),
    };
  });
  return { resource: kept, documents };
}

function isSameType(declared: string, type: string): boolean {
  return declared.split(';')[0]?.trim().toLowerCase() === type;
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '');
}

const ourExtensions: ReadonlySet<JsonValue | undefined> = new Set([notHeldExtension, declaredTypeExtension]);

/** Only we say these things: what a sender wrote under our addresses is not believed. */
function withoutOurExtensions(attachment: JsonObject): JsonObject {
  const { extension, ...rest } = attachment;
  if (!Array.isArray(extension)) return attachment;
  const theirs = extension.filter((one: JsonValue) => !isJsonObject(one) || !ourExtensions.has(one.url));
  return { ...rest, ...(theirs.length > 0 && { extension: theirs }) };
}

function withExtension(attachment: JsonObject, extension: JsonObject): JsonObject {
  const given = Array.isArray(attachment.extension) ? attachment.extension : [];
  return { ...attachment, extension: [...given, extension] };
}

/** True when the kept resource refers to the document: only then is it part of what is shown. */
export function refersToDocument(resource: object, documentId: string): boolean {
  let found = false;
  mapAttachments(resource as JsonObject, (attachment) => {
    found ||= attachment.url === `Binary/${documentId}`;
    return attachment;
  });
  return found;
}
