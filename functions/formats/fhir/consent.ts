import type { Consent } from 'fhir/r4.js';
import { odsCodeSystem } from './identifier-systems.ts';

/** What a Consent needs of an objection. */
interface ObjectionLike {
  readonly id: string;
  readonly inForce: boolean;
  readonly version: number;
  readonly recordedAt: string;
  readonly recordedBy: { readonly name: string; readonly organisation: string };
}

/** True when the Consent records an objection; a permit, or an inactive Consent, reverses one. */
export function isObjection(consent: {
  status: 'active' | 'inactive';
  provision: { type: 'deny' | 'permit' };
}): boolean {
  return consent.status === 'active' && consent.provision.type === 'deny';
}

/** An objection (deny) or its reversal (permit) to sharing, as a privacy Consent. */
export function writeConsent(personId: string, objection: ObjectionLike): Consent {
  return {
    resourceType: 'Consent',
    id: objection.id,
    meta: { versionId: String(objection.version), lastUpdated: objection.recordedAt },
    status: 'active',
    scope: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
    },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0', display: 'Consent Document' }] }],
    patient: { reference: `Patient/${personId}` },
    dateTime: objection.recordedAt,
    organization: [
      {
        identifier: {
          system: odsCodeSystem,
          value: objection.recordedBy.organisation,
        },
      },
    ],
    performer: [{ display: objection.recordedBy.name }],
    policyRule: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
          code: objection.inForce ? 'OPTOUT' : 'OPTIN',
        },
      ],
    },
    provision: { type: objection.inForce ? 'deny' : 'permit' },
  };
}
