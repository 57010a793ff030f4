import { decodeTime } from 'ulid';
import { pseudonym, type RegionKeys } from './region-keys.ts';

/** A primary key of either table. */
export interface Key {
  readonly PK: string;
  readonly SK: string;
}

/** Names one organisation's record of a person: ODS code and the pseudonym of its local identifier. */
export interface SourceRef {
  readonly ods: string;
  /** A keyed pseudonym: a local identifier can be an NHS number, and is an identifier anyway. */
  readonly local: string;
}

/** The reference to an organisation's record with the given local identifier. */
export function sourceRef(keys: RegionKeys, ods: string, localId: string): SourceRef {
  return { ods, local: pseudonym(keys, `local:${ods}`, localId) };
}

/** `SOURCE#<ods>#<local>`: the partition of a source record, and the sort key of its link. */
export function sourcePartition({ ods, local }: SourceRef): string {
  return `SOURCE#${ods}#${local}`;
}

const person = (personId: string) => `PERSON#${personId}`;

export const personKey = (personId: string): Key => ({ PK: person(personId), SK: 'PERSON' });
/** A superseded version of a person; two can begin in the same millisecond. */
export const personHistoryKey = (superseded: {
  readonly personId: string;
  readonly updatedAt: string;
  readonly version: number;
}): Key => ({
  PK: `${person(superseded.personId)}#HISTORY`,
  SK: `${superseded.updatedAt}#${String(superseded.version).padStart(9, '0')}`,
});
export const linkKey = (personId: string, source: SourceRef): Key => ({
  PK: person(personId),
  SK: sourcePartition(source),
});
export const identityEventKey = (personId: string, id: string): Key => ({
  PK: person(personId),
  SK: `EVENT#${id}`,
});
export const objectionKey = (personId: string): Key => ({ PK: person(personId), SK: 'OBJECTION' });

/** A user's claim to be involved in the person's care; `agent` is the user's pseudonym. */
export const relationshipClaimKey = (personId: string, ods: string, agent: string): Key => ({
  PK: person(personId),
  SK: `RELATIONSHIP#${ods}#${agent}`,
});

/**
 * The sort keys of a person's partition that access needs – objection, person, claims, links – lie together; the
 * growing ledgers and the marks (EVENT#, NOT-DUPLICATE#) sort before them and are not read with them.
 */
export const accessRange = { from: 'OBJECTION', to: 'SOURCE#~' } as const;

/** The mark that two persons are not one; it stands in both partitions. */
export const notDuplicateKey = (personId: string, otherPersonId: string): Key => ({
  PK: person(personId),
  SK: `NOT-DUPLICATE#${otherPersonId}`,
});

/** The mark that a source record is not the person's. */
export const notPersonKey = (source: SourceRef, personId: string): Key => ({
  PK: sourcePartition(source),
  SK: `NOT-PERSON#${personId}`,
});

export const reviewTaskKey = (id: string): Key => ({ PK: `TASK#${id}`, SK: 'TASK' });
/** The worklist of a status, by the instant at which the task came to it. */
export const taskListKey = (status: 'open' | 'decided', at: string, id: string): Key => ({
  PK: `TASKS#${status.toUpperCase()}`,
  SK: `${at}#${id}`,
});

export const demographicsKey = (source: SourceRef): Key => ({
  PK: sourcePartition(source),
  SK: 'DEMOGRAPHICS',
});
export const setAsideKey = (source: SourceRef): Key => ({ PK: sourcePartition(source), SK: 'SET-ASIDE' });
/** The opaque, stable id of an entry; a sender's own id can hold an identifier of the patient. */
export function entryId(keys: RegionKeys, ods: string, resourceType: string, id: string): string {
  return pseudonym(keys, `entry:${ods}:${resourceType}`, id);
}

/** Apart from any record: by its type and id alone, an entry is found wherever it is. */
export const entryPointerKey = (resourceType: string, id: string): Key => ({
  PK: `ENTRY#${resourceType}#${id}`,
  SK: 'ENTRY',
});
export const sectionPrefix = (section?: string): string => (section ? `SECTION#${section}#` : 'SECTION#');
export const entryKey = (
  source: SourceRef,
  section: string,
  date: string,
  resourceType: string,
  id: string,
): Key => ({
  PK: sourcePartition(source),
  SK: `${sectionPrefix(section)}${date}#${resourceType}#${id}`,
});
/** The superseded versions of all entries of a source record. */
export const historyPartition = (source: SourceRef): string => `${sourcePartition(source)}#HISTORY`;
/** Two versions can begin in the same millisecond. */
export const entryHistoryKey = (superseded: {
  readonly source: SourceRef;
  readonly resourceType: string;
  readonly entryId: string;
  readonly validFrom: string;
  readonly version: number;
}): Key => ({
  PK: historyPartition(superseded.source),
  SK: `${superseded.resourceType}#${superseded.entryId}#${superseded.validFrom}#${superseded.version}`,
});

/** How fresh an organisation's feed is. */
export const feedKey = (ods: string): Key => ({ PK: `FEED#${ods}`, SK: 'FEED' });

/** A document by its opaque id. */
export const documentKey = (id: string): Key => ({ PK: `DOCUMENT#${id}`, SK: 'DOCUMENT' });

export const nhsNumberKey = (keys: RegionKeys, nhsNumber: string): Key => ({
  PK: `NHSNUMBER#${pseudonym(keys, 'nhs-number', nhsNumber)}`,
  SK: 'OWNER',
});
export const blockPartition = (keys: RegionKeys, kind: string, value: string): string =>
  `BLOCK#${kind}#${pseudonym(keys, `block:${kind}`, value)}`;
/** The order within a block, each of its parts (parted by spaces) a short pseudonym: a prefix of parts is a prefix of the key. */
export const blockOrder = (keys: RegionKeys, order: string): string =>
  order === ''
    ? ''
    : order
        .split(' ')
        .map((part) => pseudonym(keys, 'order', part).slice(0, 8))
        .join(' ');
export const blockKey = (
  keys: RegionKeys,
  { kind, value, order }: { readonly kind: string; readonly value: string; readonly order: string },
  source: SourceRef,
): Key => ({
  PK: blockPartition(keys, kind, value),
  SK: `${blockOrder(keys, order)}#${source.ods}#${source.local}`,
});
/** The source record that a {@link blockKey} names. */
export function sourceOfBlock({ SK }: Key): SourceRef {
  const [, ods = '', local = ''] = SK.split('#');
  return { ods, local };
}
/** The number of active persons; it names nobody. */
export const peopleKey: Key = { PK: 'STATISTICS', SK: 'PEOPLE' };
/** The mark of the load that filled the index at first. */
export const initialLoadKey: Key = { PK: 'LOAD', SK: 'INITIAL' };
export const requestKey = (keys: RegionKeys, ods: string, requestId: string): Key => ({
  PK: `REQUEST#${ods}#${pseudonym(keys, 'request', requestId)}`,
  SK: 'REQUEST',
});
/** The fate of a feed that was queued. */
export const intakeKey = (id: string): Key => ({ PK: `INTAKE#${id}`, SK: 'INTAKE' });
export const rejectKey = (id: string): Key => ({ PK: `REJECT#${id}`, SK: 'REJECT' });
/** The refused messages of an organisation, or of all, by the instant at which they came. */
export const rejectListKey = (ods: string | undefined, at: string, id: string): Key => ({
  PK: ods === undefined ? 'REJECTS' : `REJECTS#${ods}`,
  SK: `${at}#${id}`,
});
/** The mark of a used assertion; a client may put anything into its `jti`, so it is a pseudonym here. */
export const assertionKey = (keys: RegionKeys, clientId: string, jti: string): Key => ({
  PK: `ASSERTION#${clientId}#${pseudonym(keys, `assertion:${clientId}`, jti)}`,
  SK: 'ASSERTION',
});

/** Partitions among which one minute's entries are spread. */
const auditShards = 4;
const auditPartition = (minute: string, shard: number): string => `AUDIT#${minute}#${shard}`;

/** The partitions of the entries of one minute (`YYYY-MM-DDTHH:MM`, UTC). */
export const auditPartitions = (minute: string): string[] =>
  Array.from({ length: auditShards }, (_, shard) => auditPartition(minute, shard));

/** Where an entry is: its id, a ULID, says the minute, and its last character spreads the minute over partitions. */
export const auditKey = (id: string): Key => ({
  PK: auditPartition(
    new Date(decodeTime(id)).toISOString().slice(0, 16),
    Number.parseInt(id.slice(-1), 32) % auditShards || 0,
  ),
  SK: id,
});
/** The searches for people of a holder (see search-quota.ts) in an hour (`YYYY-MM-DDTHH`). */
export const searchQuotaKey = (holder: string, hour: string): Key => ({
  PK: `QUOTA#${holder}`,
  SK: `HOUR#${hour}`,
});
/** Which version of the agreements is applied. */
export const agreementsKey: Key = { PK: 'AGREEMENTS', SK: 'APPLIED' };
/** The agreements of one version. */
export const agreementsVersionKey = (version: number): Key => ({
  PK: 'AGREEMENTS',
  SK: `VERSION#${String(version).padStart(8, '0')}`,
});
/** Which set of usage counters is in use. */
export const usageGenerationKey: Key = { PK: 'USAGE', SK: 'GENERATION' };
/** The totals of all months, in their order. */
export const usageMonthsPartition = (generation: number): string => `USAGE#${generation}`;
/** The counters of a scope (`TOTAL`, `REGION#<region>`, `ORGANISATION#<region>#<ods>`) in a month. */
export const usageKey = (generation: number, month: string, scope: string): Key =>
  scope === 'TOTAL'
    ? { PK: usageMonthsPartition(generation), SK: month }
    : { PK: `${usageMonthsPartition(generation)}#${month}`, SK: scope };
/** The people whose records a user (a pseudonym) opened, or whom they found, in an hour. */
export const agentHourKey = (agent: string, what: 'opened' | 'found', hour: string): Key => ({
  PK: `AGENT#${agent}`,
  SK: `${what.toUpperCase()}#${hour}`,
});

export const privacyAlertKey = (id: string): Key => ({ PK: `ALERT#${id}`, SK: 'ALERT' });
/** The privacy officer's list of a status, by the instant at which the alert came to it. */
export const alertListKey = (status: 'open' | 'reviewed', at: string, id: string): Key => ({
  PK: `ALERTS#${status.toUpperCase()}`,
  SK: `${at}#${id}`,
});

export const auditPatientKey = (personId: string): string => `PATIENT#${personId}`;
/** The object of an entry that the audit table did not take in time. */
export const secondSinkPrefix = 'second-sink/';
export const secondSinkPath = (id: string): string => `${secondSinkPrefix}${id}.json`;
/** The entry's id in such a path. */
export const secondSinkId = (path: string): string => path.slice(secondSinkPrefix.length, -'.json'.length);

/** The head of the log: see log-head.ts. */
export const logHeadKey: Key = { PK: 'LOG', SK: 'HEAD' };
/** The partition of the positions of the entries that share a partition with this one. */
export const logPositionPartition = (id: string): string => `LOG#${auditKey(id).PK}`;
/** The positions of a batch, by the first of them. */
export const logPositionKey = (id: string, index: number): Key => ({
  PK: logPositionPartition(id),
  SK: String(index).padStart(16, '0'),
});
