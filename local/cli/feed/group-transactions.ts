import type { JsonObject } from '../../../functions/formats/fhir/json.ts';
import type { Rejection, ResourceItem } from './resource-item.ts';

/** One transaction's worth of resources about one patient, the patient first. */
export type TransactionGroup = readonly ResourceItem[];

/** DynamoDB takes 100 writes a transaction; one is the region's own, and ten are kept in reserve. */
const writeBudget = 89;

/** Writes at most for a patient (the person, its link, event, number and up to 38 blocking keys) and for a clinical entry. */
const patientWrites = 50;
const entryWrites = 4;

/** DynamoDB takes 4 MB a transaction; what the region adds needs room. */
const byteBudget = 3_000_000;

/**
 * Groups resources into transactions of one patient each, small enough to be stored at once. Several versions of one
 * resource go into different transactions, in the order in which they were read.
 */
export function groupTransactions(
  items: readonly ResourceItem[],
  sentBefore: NumberOwners = new Map(),
): {
  readonly groups: readonly TransactionGroup[];
  readonly rejected: readonly Rejection[];
} {
  const { resolved, rejected } = resolvePatientNumbers(items, sentBefore);
  const byPatient = new Map<string, { patients: ResourceItem[]; entries: ResourceItem[] }>();
  for (const { item, patientId } of resolved) {
    const group = byPatient.get(patientId) ?? { patients: [], entries: [] };
    byPatient.set(patientId, group);
    (item.resourceType === 'Patient' ? group.patients : group.entries).push(item);
  }
  return {
    groups: [...byPatient.values()].flatMap(({ entries, patients }) => split([...patients, ...entries])),
    rejected,
  };
}

/** The ids of the Patients that carry each NHS number. */
export type NumberOwners = ReadonlyMap<string, ReadonlySet<string>>;

/** The {@link NumberOwners} among some resources, added to those known before. */
export function findNumberOwners(
  items: readonly ResourceItem[],
  before: NumberOwners = new Map(),
): NumberOwners {
  const owners = new Map<string, ReadonlySet<string>>(before);
  for (const { nhsNumber, patientId, resourceType } of items)
    if (resourceType === 'Patient' && nhsNumber !== undefined && patientId !== undefined)
      owners.set(nhsNumber, new Set([...(owners.get(nhsNumber) ?? []), patientId]));
  return owners;
}

/** Puts the id of the one Patient that carries a number where a resource names its patient by that number alone. */
function resolvePatientNumbers(
  items: readonly ResourceItem[],
  sentBefore: NumberOwners,
): {
  resolved: { item: ResourceItem; patientId: string }[];
  rejected: Rejection[];
} {
  const owners = findNumberOwners(items, sentBefore);
  const resolved: { item: ResourceItem; patientId: string }[] = [];
  const rejected: Rejection[] = [];
  for (const item of items) {
    const found = owners.get(item.nhsNumber ?? '');
    const [only] = found?.size === 1 ? found : [];
    const patientId = item.patientId ?? only;
    if (patientId === undefined) {
      const reason = 'names its patient by an NHS number that not exactly one Patient of this load carries';
      rejected.push({ file: item.file, resource: item.label, reason });
    } else
      resolved.push({ item: item.patientId === undefined ? nameById(item, patientId) : item, patientId });
  }
  return { resolved, rejected };
}

function nameById(item: ResourceItem, patientId: string): ResourceItem {
  const element = item.resource.subject === undefined ? 'patient' : 'subject';
  const resource: JsonObject = { ...item.resource, [element]: { reference: `Patient/${patientId}` } };
  return { ...item, patientId, resource };
}

function split(items: readonly ResourceItem[]): ResourceItem[][] {
  const groups: ResourceItem[][] = [];
  let names = new Set<string>();
  let writes = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (const item of items) {
    const name = `${item.resourceType}/${item.id}`;
    const cost = item.resourceType === 'Patient' ? patientWrites : entryWrites;
    const size = Buffer.byteLength(JSON.stringify(item.resource));
    if (writes + cost > writeBudget || bytes + size > byteBudget || names.has(name)) {
      groups.push([]);
      names = new Set();
      writes = 0;
      bytes = 0;
    }
    names.add(name);
    writes += cost;
    bytes += size;
    groups.at(-1)?.push(item);
  }
  return groups;
}
