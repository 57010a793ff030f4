import { parseNhsNumber } from '../../domain/identity/nhs-number.ts';
import { completeDocument } from './attachments.ts';
import {
  type ClinicalMessage,
  type EntrySubject,
  isSupportingType,
  readClinicalResource,
} from './clinical-resource.ts';
import { containMedications } from './contain-medications.ts';
import { fhirIdPattern } from './identifier-systems.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { type PatientMessage, readPatient } from './patient.ts';
import type { ReadResult } from './read-result.ts';
import { patientIdOf, resolveReferences } from './references.ts';

/** A transaction Bundle as a sender's message; `index` is the entry's position in the Bundle. */
export interface TransactionMessage {
  readonly patients: readonly { readonly index: number; readonly patient: PatientMessage }[];
  readonly entries: readonly {
    readonly index: number;
    readonly entry: ClinicalMessage;
    /** Local id of the Patient, in this Bundle or held from an earlier one. */
    readonly subjectLocalId: string;
  }[];
  /** Supporting resources (Organization, Practitioner …): accepted, not stored; a Medication stays in its entries. */
  readonly unsupported: readonly { readonly index: number; readonly resourceType: string }[];
}

/** More entries could not be stored in one DynamoDB transaction. */
const maximumEntries = 100;

const uuidUrl = /^urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;

interface BundleEntry {
  readonly index: number;
  readonly fullUrl?: string;
  readonly resourceType: string;
  readonly id: string;
  readonly resource: JsonObject;
}

/**
 * Checks one entry: `fullUrl`, `resource` and `request`. A POST without a resource id takes the UUID of its
 * `urn:uuid:` address, so that the same message sent twice stays the same resources.
 */
function readEntry(entry: JsonValue, index: number): ReadResult<{ readonly entry: BundleEntry }> {
  const path = `Bundle.entry[${index}]`;
  if (!isJsonObject(entry)) return { ok: false, issues: [`${path}: must be an object`] };
  const { fullUrl, request, resource } = entry;
  if (!isJsonObject(resource)) return { ok: false, issues: [`${path}.resource: must be an object`] };
  const { resourceType } = resource;
  if (typeof resourceType !== 'string')
    return { ok: false, issues: [`${path}.resource.resourceType: is missing`] };
  if (fullUrl !== undefined && typeof fullUrl !== 'string')
    return { ok: false, issues: [`${path}.fullUrl: must be text`] };
  if (!isJsonObject(request)) return { ok: false, issues: [`${path}.request: must be an object`] };
  const { method, url } = request;
  if (method !== 'POST' && method !== 'PUT')
    return { ok: false, issues: [`${path}.request.method: must be POST or PUT`] };
  if (typeof url !== 'string') return { ok: false, issues: [`${path}.request.url: must be text`] };

  const id = resource.id ?? uuidUrl.exec(fullUrl ?? '')?.[1];
  if (typeof id !== 'string')
    return {
      ok: false,
      issues: [`${path}.resource.id: is missing, and fullUrl is no urn:uuid: to take it from`],
    };
  if (!fhirIdPattern.test(id)) return { ok: false, issues: [`${path}.resource.id: must be a FHIR id`] };
  // A conditional URL (Patient?identifier=…) would put an NHS number where URLs are logged; it is refused here too.
  const expected = method === 'POST' ? resourceType : `${resourceType}/${id}`;
  if (url !== expected)
    return { ok: false, issues: [`${path}.request.url: must be the type for POST, type/id for PUT`] };
  return {
    ok: true,
    entry: {
      index,
      resourceType,
      id,
      resource: { ...resource, id },
      ...(fullUrl !== undefined && { fullUrl }),
    },
  };
}

/** The type and id by which each resource of the Bundle can be referred to. */
function addressesOf(entries: readonly BundleEntry[]): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  for (const { fullUrl, id, resourceType } of entries) {
    addresses.set(`${resourceType}/${id}`, `${resourceType}/${id}`);
    if (fullUrl !== undefined) addresses.set(fullUrl, `${resourceType}/${id}`);
  }
  return addresses;
}

/** The local id behind a subject, or undefined where it names nobody. */
function resolveSubject(
  subject: EntrySubject | undefined,
  patients: readonly PatientMessage[],
): string | undefined {
  if (subject?.reference !== undefined) return patientIdOf(subject.reference);
  const sought = parseNhsNumber(subject?.nhsNumberText ?? '');
  if (!sought.ok) return undefined;
  const owners = patients.filter(({ nhsNumber }) => nhsNumber?.nhsNumber === sought.nhsNumber);
  return owners.length === 1 ? owners[0]?.localId : undefined;
}

function within(index: number, issues: readonly string[]): readonly string[] {
  return issues.map((issue) => `Bundle.entry[${index}].resource: ${issue}`);
}

/**
 * Reads a transaction Bundle of one source. It is all or none: one bad entry refuses the whole, with every issue found.
 *
 * A subject is resolved by `fullUrl`, by `Patient/<id>`, or by an NHS number that one Patient of the Bundle carries. A
 * `Patient/<id>` that is not in the Bundle is left for the caller to find among the records held of this source.
 */
export function readTransactionBundle(bundle: unknown): ReadResult<{ readonly message: TransactionMessage }> {
  if (!isJsonObject(bundle) || bundle.resourceType !== 'Bundle')
    return { ok: false, issues: ['Bundle.resourceType: must be Bundle'] };
  if (bundle.type !== 'transaction') return { ok: false, issues: ['Bundle.type: must be transaction'] };
  const sent = bundle.entry;
  if (!Array.isArray(sent) || sent.length === 0)
    return { ok: false, issues: ['Bundle.entry: must be a list with at least one entry'] };
  if (sent.length > maximumEntries) return { ok: false, issues: ['Bundle.entry: has more than 100 entries'] };

  const issues: string[] = [];
  const read: BundleEntry[] = [];
  const names = new Set<string>();
  for (const [index, item] of sent.entries()) {
    const entry = readEntry(item, index);
    if (!entry.ok) {
      issues.push(...entry.issues);
      continue;
    }
    const { fullUrl, id, resourceType } = entry.entry;
    for (const name of [`${resourceType}/${id}`, ...(fullUrl === undefined ? [] : [fullUrl])]) {
      if (names.has(name)) issues.push(`Bundle.entry[${index}]: is the same resource as an earlier entry`);
      names.add(name);
    }
    read.push(entry.entry);
  }

  const addresses = addressesOf(read);
  const patients: { index: number; patient: PatientMessage }[] = [];
  const unsupported: { index: number; resourceType: string }[] = [];
  const clinical: { index: number; resource: JsonObject }[] = [];
  const medications = new Map<string, JsonObject>();
  const supporting = new Map<string, JsonObject>();
  for (const { index, resource, resourceType } of read) {
    if (resourceType === 'Patient') {
      const patient = readPatient(resource);
      if (patient.ok) patients.push({ index, patient: patient.patient });
      else issues.push(...within(index, patient.issues));
    } else if (isSupportingType(resourceType)) {
      unsupported.push({ index, resourceType });
      if (resourceType === 'Medication') medications.set(`Medication/${resource.id}`, resource);
      supporting.set(`${resourceType}/${resource.id}`, resource);
    } else {
      const resolved = resolveReferences(resource, addresses);
      if (isJsonObject(resolved)) clinical.push({ index, resource: resolved });
    }
  }

  const entries: TransactionMessage['entries'][number][] = [];
  for (const { index, resource } of clinical) {
    const entry = readClinicalResource(
      containMedications(completeDocument(resource, supporting, addresses), medications),
    );
    if (!entry.ok) {
      issues.push(...within(index, entry.issues));
      continue;
    }
    const subjectLocalId = resolveSubject(
      entry.entry.subject,
      patients.map(({ patient }) => patient),
    );
    if (subjectLocalId === undefined)
      issues.push(`Bundle.entry[${index}].resource: names no Patient of this Bundle or of this source`);
    else entries.push({ index, entry: entry.entry, subjectLocalId });
  }
  return issues.length > 0
    ? { ok: false, issues }
    : { ok: true, message: { patients, entries, unsupported } };
}
