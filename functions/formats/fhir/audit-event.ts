import type { AuditEvent } from 'fhir/r4.js';
import type { AuditEntry } from '../../domain/audit/audit-entry.ts';
import { odsCodeSystem } from './identifier-systems.ts';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';

/** FHIR AuditEvent.outcome: 0 success, 4 minor failure (refused), 8 serious failure. */
const outcomes = { success: '0', refused: '4', failed: '8' } as const;

/**
 * One audit entry as an AuditEvent after IHE BALP PatientRead and PatientQuery: who (as they were then), for which
 * organisation and purpose, on whose record, with which request and outcome.
 */
export function writeAuditEvent(entry: AuditEntry): AuditEvent {
  const { caller } = entry;
  return {
    resourceType: 'AuditEvent',
    id: entry.id,
    type: {
      system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
      code: 'rest',
      display: 'Restful Operation',
    },
    subtype: [{ system: 'https://towpath.example/fhir/CodeSystem/operation', code: entry.operation }],
    action: entry.action,
    recorded: entry.recordedAt,
    outcome: outcomes[entry.outcome],
    ...(entry.errorCode && { outcomeDesc: entry.errorCode }),
    purposeOfEvent: [{ text: caller.purpose }],
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
        requestor: true,
      },
      {
        type: { coding: [{ system: dicom, code: '110152', display: 'Destination Role ID' }] },
        who: { identifier: { system: odsCodeSystem, value: caller.organisation } },
        requestor: false,
      },
    ],
    source: {
      observer: {
        identifier: { value: entry.writerId },
        display: `entry ${entry.writerSequence} of this writer`,
      },
    },
    entity: [
      ...(entry.personId
        ? [
            {
              what: { reference: `Patient/${entry.personId}` },
              type: {
                system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
                code: '1',
                display: 'Person',
              },
              role: {
                system: 'http://terminology.hl7.org/CodeSystem/object-role',
                code: '1',
                display: 'Patient',
              },
            },
          ]
        : []),
      {
        what: { identifier: { value: entry.requestId } },
        type: {
          system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
          code: 'XrequestId',
        },
      },
      ...(entry.bodyDigest || entry.section
        ? [
            {
              type: {
                system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
                code: '2',
                display: 'System Object',
              },
              detail: [
                ...(entry.section ? [{ type: 'section', valueString: entry.section }] : []),
                ...(entry.resourceCount === undefined
                  ? []
                  : [{ type: 'resourceCount', valueString: String(entry.resourceCount) }]),
                ...(entry.bodyDigest ? [{ type: 'bodyDigest', valueString: entry.bodyDigest }] : []),
                ...(entry.salt ? [{ type: 'salt', valueString: entry.salt }] : []),
              ],
            },
          ]
        : []),
    ],
  };
}
