import type { AuditEvent, AuditEventAgent, AuditEventEntity, Coding } from 'fhir/r4.js';
import type { RegionPolicy } from '../../domain/access/region-policy.ts';
import type { AuditAction, AuditEntry } from '../../domain/audit/audit-entry.ts';
import { operationWords, purposeInWords, roleInWords } from '../../domain/audit/operation-words.ts';
import { sections } from '../../domain/record/sections.ts';
import { odsCodeSystem } from './identifier-systems.ts';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const entityTypes = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const objectRoles = 'http://terminology.hl7.org/CodeSystem/object-role';

/** Our codes: which operation it was. */
export const operationSystem = 'https://towpath.example/fhir/CodeSystem/operation';

/** FHIR AuditEvent.outcome: 0 success, 4 minor failure (refused), 8 serious failure. */
const outcomes = { success: '0', refused: '4', failed: '8' } as const;

/** The FHIR interaction that an action is; IHE BALP knows reads and queries by it. */
const interactions: Readonly<Record<AuditAction, string>> = {
  C: 'create',
  R: 'read',
  U: 'update',
  E: 'search-type',
};

const purposeCodes: Readonly<Record<AuditEntry['caller']['purpose'], Coding>> = {
  directcare: { code: 'TREAT', display: 'treatment' },
  administration: { code: 'HOPERAT', display: 'healthcare operations' },
  audit: { code: 'HSYSADMIN', display: 'health system administration' },
  feed: { code: 'COC', display: 'coordination of care' },
};

/** Where an entry is shown: whose region, and under which address. */
export interface AuditPlace {
  readonly policy: RegionPolicy;
  /** The absolute URL of the base path. */
  readonly baseUrl: string;
}

/**
 * One audit entry as an AuditEvent after IHE BALP (PatientRead, PatientQuery): who (as they were then), for which
 * organisation and purpose, on whose record, with which request and outcome; and as a sentence for the patient.
 * The terms of a search were never stored, so the query that BALP asks for names the operation alone.
 */
export function writeAuditEvent(entry: AuditEntry, place: AuditPlace): AuditEvent {
  const { action, caller, operation } = entry;
  const { did } = operationWords(operation);
  const purpose = {
    coding: [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', ...purposeCodes[caller.purpose] },
    ],
    text: purposeInWords(caller.purpose),
  };
  return {
    resourceType: 'AuditEvent',
    id: entry.id,
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml">${escapeXml(auditSentence(entry))}</div>`,
    },
    type: {
      system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
      code: 'rest',
      display: 'Restful Operation',
    },
    subtype: [
      { system: operationSystem, code: operation, display: did },
      { system: 'http://hl7.org/fhir/restful-interaction', code: interactions[action] },
    ],
    action,
    recorded: entry.recordedAt,
    outcome: outcomes[entry.outcome],
    ...(entry.errorCode && { outcomeDesc: entry.errorCode }),
    purposeOfEvent: [purpose],
    agent: [
      {
        type: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
              code: 'IRCP',
              display: 'information recipient',
            },
          ],
        },
        role: [{ text: caller.role }],
        who: { identifier: { value: caller.subject }, display: caller.name },
        name: caller.name,
        requestor: true,
        purposeOfUse: [purpose],
      },
      ...systems(entry, place),
    ],
    source: {
      observer: {
        identifier: { value: entry.writerId },
        display: `entry ${entry.writerSequence} of this writer`,
      },
    },
    entity: entities(entry),
  };
}

/** What happened as its patient would be told: who, from where, what, why and when (in London). */
export function auditSentence(entry: AuditEntry): string {
  const { caller, operation, outcome, recordedAt, section } = entry;
  const { did, triedTo } = operationWords(operation);
  const what = outcome === 'success' ? did : `tried to ${triedTo}`;
  const which = section && operation !== 'read-patient' ? ` (${sections[section].title})` : '';
  const end = { success: '', refused: ', and was refused', failed: ', and it did not work' }[outcome];
  return `${caller.name}, ${roleInWords(caller.role)} at ${organisationName(entry)}, ${what}${which} ${purposeInWords(caller.purpose)}${end}, on ${inLondon(recordedAt)}.`;
}

const london = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'Europe/London',
});

function inLondon(recordedAt: string): string {
  return london.format(new Date(recordedAt));
}

/** What the organisation was called then. */
function organisationName({ caller, organisationName: name }: AuditEntry): string {
  return name ?? `organisation ${caller.organisation}`;
}

/** The two ends of the request. In a query the terms flow from the client to the server, else the data flows back (BALP). */
function systems(entry: AuditEntry, { baseUrl, policy }: AuditPlace): AuditEventAgent[] {
  const { action, caller } = entry;
  const source = { coding: [{ system: dicom, code: '110153', display: 'Source Role ID' }] };
  const destination = { coding: [{ system: dicom, code: '110152', display: 'Destination Role ID' }] };
  const isSentByClient = action !== 'R';
  return [
    {
      type: isSentByClient ? source : destination,
      who: {
        identifier: { system: odsCodeSystem, value: caller.organisation },
        display: organisationName(entry),
      },
      requestor: false,
      // A client's address is behind its organisation's gateway, and is not kept.
      network: {
        extension: [
          { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
        ],
      },
    },
    {
      type: isSentByClient ? destination : source,
      who: { identifier: { value: policy.tokenAudience }, display: policy.name },
      requestor: false,
      network: { address: new URL(baseUrl).host, type: '1' },
    },
  ];
}

function entities(entry: AuditEntry): AuditEventEntity[] {
  const {
    action,
    bodyDigest,
    personId,
    reason,
    requestId,
    resourceCount,
    resources = [],
    salt,
    section,
  } = entry;
  const systemObject = { system: entityTypes, code: '2', display: 'System Object' };
  const patient: AuditEventEntity = {
    what: { reference: `Patient/${personId}` },
    type: { system: entityTypes, code: '1', display: 'Person' },
    role: { system: objectRoles, code: '1', display: 'Patient' },
  };
  const request: AuditEventEntity = {
    what: { identifier: { value: requestId } },
    type: {
      system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
      code: 'XrequestId',
    },
  };
  const query: AuditEventEntity = {
    type: systemObject,
    role: { system: objectRoles, code: '24', display: 'Query' },
    description: `${entry.operation}; its terms are not kept`,
    query: Buffer.from(entry.operation).toString('base64'),
  };
  const data: AuditEventEntity = {
    what: {
      display: section ? sections[section].title : operationWords(entry.operation).did,
    },
    type: systemObject,
    role: { system: objectRoles, code: '4', display: 'Domain Resource' },
  };
  const { resourcesDigest } = entry;
  const details = { section, resourceCount, reason, resourcesDigest, bodyDigest, salt };
  // Apart from the data: BALP allows one system object, and a query no detail.
  const other = { system: entityTypes, code: '4', display: 'Other' };
  const disclosed: AuditEventEntity = {
    type: other,
    name: 'What was shown',
    detail: Object.entries(details).flatMap(([type, value]) =>
      value === undefined ? [] : [{ type, valueString: String(value) }],
    ),
  };
  return [
    ...(personId ? [patient] : []),
    request,
    action === 'E' ? query : data,
    ...(disclosed.detail?.length ? [disclosed] : []),
    ...resources.map((reference) => ({ what: { reference }, type: other })),
  ];
}

const xmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => xmlEscapes[character] ?? '');
}
