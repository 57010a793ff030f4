import type { FhirResource, Patient } from 'fhir/r4.js';
import { parseNhsNumber } from '../../domain/identity/nhs-number.ts';
import { completeDocument } from './attachments.ts';
import {
  type ClinicalMessage,
  type EntrySubject,
  isSupportingType,
  readClinicalResource,
} from './clinical-resource.ts';
import { containMedications } from './contain-medications.ts';
import { elementShapes } from './elements.ts';
import { businessIds, conditionalAddress, type FeedEntry, identifierId } from './feed-entry.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { nameOrganisations, odsIdentifierOf } from './name-organisations.ts';
import { type PatientMessage, readPatient } from './patient.ts';
import { patientIdOf, resolveReferences } from './references.ts';

/** What a sender's message says, whatever it came in; `index` is the resource's position in it. */
export interface FeedMessage {
  readonly patients: readonly {
    readonly index: number;
    readonly patient: PatientMessage;
    readonly onlyIfNew?: true;
    /** The Patient as it stands beside the one that is held, where a message may leave things out. */
    readonly complete?: (said: Patient, held: Patient) => Patient;
  }[];
  readonly entries: readonly {
    readonly index: number;
    /** Where the resource stands in what was sent, for issues; empty when it was sent alone. */
    readonly place: string;
    readonly entry: ClinicalMessage;
    /** Local id of the Patient, in this message or held from an earlier one. */
    readonly subjectLocalId: string;
    readonly onlyIfNew?: true;
    /** The message changes it without sending it: where it is not held, there is nothing to change. */
    readonly onlyIfHeld?: true;
    readonly expectedVersion?: number;
    /** The resource as it stands beside the one that is held, where a message may leave things out. */
    readonly complete?: (said: FhirResource, held: FhirResource) => FhirResource;
  }[];
  /** Supporting resources (Organization, Practitioner …): accepted, not stored; a Medication stays in its entries. */
  readonly unsupported: readonly { readonly index: number; readonly resourceType: string }[];
}

/** A message as far as it could be read, and what is wrong with the rest, by position. */
export interface ReadFeed {
  readonly message: FeedMessage;
  readonly issues: ReadonlyMap<number, readonly string[]>;
}

/** What a message says of all of its resources. */
export interface MessageFrame {
  /** The message's own time, in UTC: that of each resource that has none. */
  readonly sentAt?: string;
  /** Whom a resource is about that names nobody: a document's subject. */
  readonly subject?: JsonObject;
}

/**
 * Reads the resources of one message of one source. References by `fullUrl` or by a condition become `Type/id`; a subject is
 * resolved by reference, by business identifier, or by an NHS number that one Patient of the message carries. A `Patient/<id>`
 * that is not in the message is left for the caller to find among the records held of this source.
 */
export function readFeedEntries(sent: readonly FeedEntry[], frame: MessageFrame = {}): ReadFeed {
  const issues = new Map<number, readonly string[]>();
  const report = ({ index, place }: FeedEntry, found: readonly string[]) => {
    const placed = found.map((issue) => (place ? `${place}: ${issue}` : issue));
    issues.set(index, [...(issues.get(index) ?? []), ...placed]);
  };
  const addresses = addressesOf(sent);
  const organisations = organisationsOf(sent);
  const patients: FeedMessage['patients'][number][] = [];
  const unsupported: FeedMessage['unsupported'][number][] = [];
  const clinical: { sent: FeedEntry; resource: JsonObject }[] = [];
  const supporting = new Map<string, JsonObject>();
  for (const one of sent) {
    const { id, index, onlyIfNew, resource, resourceType } = one;
    if (resourceType === 'Patient') {
      const read = readPatient(nameOrganisations(resource, organisations, addresses));
      if (!read.ok) report(one, read.issues);
      else
        patients.push({
          index,
          patient: { ...(frame.sentAt && { sentAt: frame.sentAt }), ...read.patient },
          ...(onlyIfNew && { onlyIfNew }),
        });
    } else if (isSupportingType(resourceType)) {
      unsupported.push({ index, resourceType });
      supporting.set(`${resourceType}/${id}`, resource);
    } else {
      const complete = nameOrganisations(withSubject(resource, frame.subject), organisations, addresses);
      const resolved = resolveReferences(complete, addresses);
      if (isJsonObject(resolved)) clinical.push({ sent: one, resource: resolved });
    }
  }
  const medications = new Map(
    [...supporting].filter(([, { resourceType }]) => resourceType === 'Medication'),
  );
  const described = patients.map(({ patient }) => patient);
  const entries: FeedMessage['entries'][number][] = [];
  for (const { resource, sent: one } of clinical) {
    const { expectedVersion, index, onlyIfNew, place } = one;
    const read = readClinicalResource(
      containMedications(completeDocument(resource, supporting, addresses), medications),
    );
    const dangling = danglingReference(resource);
    const subjectLocalId = read.ok ? resolveSubject(read.entry.subject, described, addresses) : undefined;
    if (!read.ok) report(one, read.issues);
    else if (dangling) report(one, ['refers to a urn:uuid that is not in the Bundle']);
    else if (subjectLocalId === undefined) report(one, ['names no Patient of this Bundle or of this source']);
    else
      entries.push({
        index,
        place,
        entry: { ...(frame.sentAt && { sentAt: frame.sentAt }), ...read.entry },
        subjectLocalId,
        ...(onlyIfNew && { onlyIfNew }),
        ...(expectedVersion !== undefined && { expectedVersion }),
      });
  }
  return { message: { patients, entries, unsupported }, issues };
}

/** What is wrong with a message that must be about one patient, and is not. */
export function onePatientIssues({ entries, patients }: FeedMessage): readonly string[] {
  const ids = new Set(patients.map(({ patient }) => patient.localId));
  if (ids.size > 1) return ['Bundle: holds two Patients; a message is about one'];
  const [only = entries[0]?.subjectLocalId] = ids;
  return entries.flatMap(({ place, subjectLocalId }) =>
    subjectLocalId === only ? [] : [`${place}: is about another Patient than the message`],
  );
}

/** The ODS identifiers of the Organizations of the message, by `Organization/id`. */
function organisationsOf(sent: readonly FeedEntry[]): Map<string, JsonObject> {
  return new Map(
    sent.flatMap(({ id, resource, resourceType }) => {
      const identifier = resourceType === 'Organization' && odsIdentifierOf(resource.identifier);
      return identifier ? [[`Organization/${id}`, identifier] as const] : [];
    }),
  );
}

type Addresses = Pick<ReadonlyMap<string, string>, 'get'>;

/** What each reference to a resource of the message, by address or by business identifier, is as `Type/id`. */
function addressesOf(sent: readonly FeedEntry[]): Addresses {
  const addresses = new Map<string, string>();
  const carriers = Map.groupBy(
    sent.flatMap((one) => businessIds(one.resource).map((name) => ({ name, ...one }))),
    ({ name, resourceType }) => `${resourceType}/${name}`,
  );
  for (const [name, [one, another]] of carriers)
    if (one && !another) addresses.set(name, `${one.resourceType}/${one.id}`);
  for (const { fullUrl, givenId, id, resourceType } of sent) {
    addresses.set(`${resourceType}/${id}`, `${resourceType}/${id}`);
    if (givenId !== undefined) addresses.set(`${resourceType}/${givenId}`, `${resourceType}/${id}`);
    if (fullUrl !== undefined) addresses.set(fullUrl, `${resourceType}/${id}`);
  }
  return {
    get(reference) {
      const condition = conditionalAddress(reference);
      return addresses.get(condition ?? reference) ?? condition;
    },
  };
}

/** In a document, what names nobody is about the document's subject (FHIR R4, "Documents"). */
function withSubject(resource: JsonObject, subject: JsonObject | undefined): JsonObject {
  if (subject === undefined) return resource;
  const shapes = elementShapes(String(resource.resourceType));
  const element = shapes?.has('subject') ? 'subject' : 'patient';
  return shapes?.has(element) && resource[element] === undefined
    ? { ...resource, [element]: subject }
    : resource;
}

/** A temporary address that is left when those of the message are resolved: it means nothing outside it. */
function danglingReference(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(danglingReference);
  if (!isJsonObject(value)) return false;
  const { reference } = value;
  if (typeof reference === 'string' && reference.startsWith('urn:uuid:')) return true;
  return Object.values(value).some(danglingReference);
}

/** The local id behind a subject, or undefined where it names nobody. */
function resolveSubject(
  subject: EntrySubject | undefined,
  patients: readonly PatientMessage[],
  addresses: Addresses,
): string | undefined {
  if (subject?.reference !== undefined) return patientIdOf(subject.reference);
  if (subject?.identifier) {
    const named = `Patient/${identifierId(subject.identifier.system, subject.identifier.value)}`;
    return patientIdOf(addresses.get(named) ?? named);
  }
  const sought = parseNhsNumber(subject?.nhsNumberText ?? '');
  if (!sought.ok) return undefined;
  const owners = patients.filter(({ nhsNumber }) => nhsNumber?.nhsNumber === sought.nhsNumber);
  return owners.length === 1 ? owners[0]?.localId : undefined;
}
