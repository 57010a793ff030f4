import path from 'node:path';
import { isSupportingType } from '../../../functions/formats/fhir/clinical-resource.ts';
import { elementShapes } from '../../../functions/formats/fhir/elements.ts';
import { nhsNumberSystem } from '../../../functions/formats/fhir/identifier-systems.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJsonBody,
} from '../../../functions/formats/fhir/json.ts';
import { patientIdOf, resolveReferences } from '../../../functions/formats/fhir/references.ts';
import { labelOf, type Rejection, type ResourceItem, type WholeBundle } from './resource-item.ts';

/** What a file holds. */
export interface UnpackedFile {
  readonly items: readonly ResourceItem[];
  readonly rejected: readonly Rejection[];
  /** Documents and messages, each with what it is when it has to be sent in parts. */
  readonly wholes?: readonly (WholeBundle & { readonly parts: UnpackedFile })[];
  /** By `Medication/id`: not records, but kept inside the entries that refer to them. */
  readonly medications?: ReadonlyMap<string, JsonObject>;
}

/** Bundles whose entries are records; every other type is an answer, or asks for more than storing. */
const unpackedBundles = new Set(['transaction', 'batch', 'collection', 'document', 'message']);

/** Bundles that are one thing, about one patient. */
const wholeBundles = new Set(['document', 'message']);

const uuidUrl = /^urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;

/** Reads one file that holds a FHIR resource or Bundle in JSON. */
export function unpackFile(file: string, text: string): UnpackedFile {
  const reject = (reason: string): UnpackedFile => ({
    items: [],
    rejected: [{ file, resource: 'file', reason }],
  });
  switch (path.extname(file).toLowerCase()) {
    case '.json':
      return unpackText(file, text, '');
    default:
      return reject('no FHIR JSON (.json), NDJSON (.ndjson), HL7 v2 (.hl7) or CSV (.csv) file');
  }
}

/** Reads one line of NDJSON, counted from 1. */
export function unpackLine(file: string, line: string, number: number): UnpackedFile {
  return unpackText(file, line, ` (line ${number})`);
}

/** What several files or lines hold together. */
export function joinUnpacked(parts: readonly UnpackedFile[]): UnpackedFile {
  return {
    items: parts.flatMap(({ items }) => items),
    rejected: parts.flatMap(({ rejected }) => rejected),
    wholes: parts.flatMap(({ wholes = [] }) => wholes),
    medications: new Map(parts.flatMap(({ medications }) => [...(medications ?? [])])),
  };
}

const jsonReasons = {
  malformed: 'is not JSON',
  'too-deep': 'is nested more deeply than is taken',
  'forbidden-key': 'has a key that no FHIR resource has',
  'duplicate-key': 'has the same key twice in one object',
  'not-finite': 'has a number that is too large',
  'bad-text': 'has text that is no Unicode',
} as const;

function unpackText(file: string, text: string, place: string): UnpackedFile {
  const parsed = parseJsonBody(text.replace(/^\uFEFF/, ''));
  if (!parsed.ok)
    return { items: [], rejected: [{ file, resource: `file${place}`, reason: jsonReasons[parsed.reason] }] };
  const resource = parsed.value;
  if (!isJsonObject(resource) || typeof resource.resourceType !== 'string')
    return { items: [], rejected: [{ file, resource: `file${place}`, reason: 'is no FHIR resource' }] };
  return resource.resourceType === 'Bundle'
    ? unpackBundle(file, resource, place)
    : unpackResource({ file, resource, place, fullUrl: undefined, addresses: new Map(), subject: undefined });
}

function unpackBundle(file: string, bundle: JsonObject, place: string): UnpackedFile {
  const entries = Array.isArray(bundle.entry) ? bundle.entry.filter(isJsonObject) : [];
  const type =
    typeof bundle.type === 'string' && /^[a-z-]{1,30}$/.test(bundle.type) ? bundle.type : 'no known type';
  if (!unpackedBundles.has(type)) {
    const why = type === 'searchset' ? 'an answer to a search, not a record' : 'no Bundle of records';
    const counted = entries.length === 1 ? ' with one entry' : ` with ${entries.length} entries`;
    const reason = `a Bundle of type ${type} is ${why}`;
    return { items: [], rejected: [{ file, resource: `Bundle${counted}${place}`, reason }] };
  }
  const addresses = addressesOf(entries);
  const subject = type === 'document' ? subjectOfDocument(entries) : undefined;
  const parts = joinUnpacked(
    entries.map(({ fullUrl, resource }, index) => {
      const at = `${place} (entry ${index})`;
      if (!isJsonObject(resource) || typeof resource.resourceType !== 'string')
        return {
          items: [],
          rejected: [{ file, resource: `Bundle${at}`, reason: 'the entry has no resource' }],
        };
      return unpackResource({ file, resource, place: at, fullUrl, addresses, subject });
    }),
  );
  if (!wholeBundles.has(type)) return parts;
  const items = entries.flatMap((entry, index) => describeEntry(file, entry, `${place} (entry ${index})`));
  const label = `${type === 'document' ? 'document' : 'message'}${place}`;
  return { items: [], rejected: [], wholes: [{ file, label, bundle, items, parts }] };
}

/** What to call an entry of a Bundle that is sent whole. */
function describeEntry(file: string, { fullUrl, resource }: JsonObject, place: string): ResourceItem[] {
  if (!isJsonObject(resource) || resource.resourceType === 'MessageHeader') return [];
  const resourceType = String(resource.resourceType);
  const id = idOf(resource, fullUrl);
  const label = labelOf(/^[A-Za-z]{1,40}$/.test(resourceType) ? resourceType : 'resource', id, place);
  return [{ file, label, resourceType, id: id ?? '', resource }];
}

/** `Type/id` of each resource of a Bundle by its `fullUrl`: entries refer to one another by it. */
function addressesOf(entries: readonly JsonObject[]): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  for (const { fullUrl, resource } of entries) {
    const id = isJsonObject(resource) ? idOf(resource, fullUrl) : undefined;
    if (typeof fullUrl === 'string' && isJsonObject(resource) && id !== undefined)
      addresses.set(fullUrl, `${String(resource.resourceType)}/${id}`);
  }
  return addresses;
}

function idOf({ id }: JsonObject, fullUrl: JsonValue | undefined): string | undefined {
  if (typeof id === 'string') return id;
  return typeof fullUrl === 'string' ? uuidUrl.exec(fullUrl)?.[1] : undefined;
}

/** A document is about the subject of its Composition, whichever of its entries repeat it (FHIR R4, "Documents"). */
function subjectOfDocument(entries: readonly JsonObject[]): JsonObject | undefined {
  const [first] = entries;
  const composition = isJsonObject(first?.resource) ? first.resource : undefined;
  return composition?.resourceType === 'Composition' && isJsonObject(composition.subject)
    ? composition.subject
    : undefined;
}

function unpackResource(sent: {
  file: string;
  resource: JsonObject;
  place: string;
  fullUrl: JsonValue | undefined;
  addresses: ReadonlyMap<string, string>;
  subject: JsonObject | undefined;
}): UnpackedFile {
  const { addresses, file, fullUrl, place, subject } = sent;
  const resourceType = String(sent.resource.resourceType);
  const id = idOf(sent.resource, fullUrl);
  const label = labelOf(/^[A-Za-z]{1,40}$/.test(resourceType) ? resourceType : 'resource', id, place);
  const reject = (reason: string): UnpackedFile => ({
    items: [],
    rejected: [{ file, resource: label, reason }],
  });

  if (resourceType === 'OperationOutcome') return reject('an error body, not a record');
  if (resourceType === 'Medication' && id !== undefined)
    return {
      ...reject('not a record of its own (kept inside the entries that refer to it)'),
      medications: new Map([[`Medication/${id}`, { ...sent.resource, id }]]),
    };
  if (elementShapes(resourceType) === undefined)
    return reject(
      isSupportingType(resourceType)
        ? 'not a patient or clinical resource (entries keep their reference to it, with its display text)'
        : 'not a patient or clinical resource',
    );
  if (id === undefined) return reject('has no id');
  const resource = resolveReferences({ ...withSubject(sent.resource, subject), id }, addresses);
  if (!isJsonObject(resource)) return reject('is no FHIR resource');
  const patientId = resourceType === 'Patient' ? id : subjectIdOf(resource);
  const nhsNumber = nhsNumberOf(resource);
  if (patientId === undefined && nhsNumber === undefined)
    return reject(
      namesByUuid(resource)
        ? 'names its patient by a urn:uuid, which means nothing outside its Bundle'
        : 'names no patient',
    );
  return {
    items: [
      {
        file,
        label,
        resourceType,
        id,
        resource,
        ...(patientId !== undefined && { patientId }),
        ...(nhsNumber !== undefined && { nhsNumber }),
      },
    ],
    rejected: [],
  };
}

/** In a document, what names nobody is about the document's subject. */
function withSubject(resource: JsonObject, subject: JsonObject | undefined): JsonObject {
  if (subject === undefined || resource.resourceType === 'Patient') return resource;
  const shapes = elementShapes(String(resource.resourceType));
  const element = shapes?.has('subject') ? 'subject' : 'patient';
  return shapes?.has(element) && resource[element] === undefined
    ? { ...resource, [element]: subject }
    : resource;
}

/** The patient whom a clinical resource names: by reference, or by NHS number where there is none. */
function subjectIdOf(resource: JsonObject): string | undefined {
  const participants = Array.isArray(resource.participant) ? resource.participant.filter(isJsonObject) : [];
  const named =
    resource.resourceType === 'Appointment'
      ? participants.map(({ actor }) => actor)
      : [resource.subject, resource.patient];
  for (const reference of named.filter(isJsonObject)) {
    const id = typeof reference.reference === 'string' ? patientIdOf(reference.reference) : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}

function namesByUuid({ patient, subject }: JsonObject): boolean {
  const named = [subject, patient].filter(isJsonObject);
  return named.some(({ reference }) => typeof reference === 'string' && reference.startsWith('urn:uuid:'));
}

/** The NHS number of a Patient, or of a reference that names its patient by number; compact, and never to be shown. */
function nhsNumberIn(identifiers: readonly (JsonValue | undefined)[]): string | undefined {
  const found = identifiers
    .filter(isJsonObject)
    .find(({ system, use }) => system === nhsNumberSystem && use !== 'old');
  return typeof found?.value === 'string' ? found.value.replaceAll(/[ -]/g, '') : undefined;
}

/** The NHS number that a Patient carries, or by which a clinical resource names its patient. */
function nhsNumberOf(resource: JsonObject): string | undefined {
  if (resource.resourceType === 'Patient')
    return nhsNumberIn(Array.isArray(resource.identifier) ? resource.identifier : []);
  return nhsNumberIn(
    [resource.subject, resource.patient].filter(isJsonObject).map(({ identifier }) => identifier),
  );
}
