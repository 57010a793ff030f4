import type { ErrorCode } from '../error-catalogue.ts';
import { type Demographics, deceasedLongerThan } from '../identity/demographics.ts';
import type { SectionCode } from '../record/section-codes.ts';
import type { Caller } from './caller.ts';
import type { Organisation, RegionPolicy } from './region-policy.ts';
import { hasPermission, isRegionWide, mayOpenSection, type Permission } from './roles.ts';

/** What is known about one patient when access is decided; an unknown patient has none of it. */
export interface PatientState {
  readonly person?: { readonly demographics: Demographics };
  readonly relationships: readonly { readonly organisation: string; readonly until: string }[];
  readonly objection?: { readonly inForce: boolean };
}

/** Allowed, or the one code that the caller is told. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly code: ErrorCode };

const allowed: Decision = { allowed: true };

function refused(code: ErrorCode): Decision {
  return { allowed: false, code };
}

/** The caller's organisation in the region's policy, when it has an agreement. */
export function agreementOf(policy: RegionPolicy, ods: string): Organisation | undefined {
  return policy.organisations.find((organisation) => organisation.ods === ods);
}

/**
 * Whether the caller may use an operation at all: agreement, then role. It knows no patient, so that every patient,
 * known or not, gives the same answer until {@link decidePatientAccess}. A feed needs to be listed, not to view.
 */
export function decideOperation(
  policy: RegionPolicy,
  caller: Caller,
  permission: Permission,
  section?: SectionCode,
): Decision {
  const organisation = agreementOf(policy, caller.organisation);
  if (!organisation) return refused('NO_AGREEMENT');
  if (!organisation.agreement.views && permission !== 'record.write' && permission !== 'reject.read')
    return refused('NO_AGREEMENT');
  if (!hasPermission(caller.role, permission)) return refused('FORBIDDEN_ROLE');
  if (section && !mayOpenSection(caller.role, section)) return refused('FORBIDDEN_ROLE');
  // A region's identities are its own: a neighbour's steward decides about the neighbour's.
  if (
    (permission === 'identity.read' || permission === 'identity.write') &&
    organisation.region !== policy.region
  )
    return refused('FORBIDDEN_ROLE');
  // Reading a record is for direct care; another purpose is another agreement (IG Framework: Shared Care Records).
  if ((permission === 'record.read' || permission === 'patient.read') && caller.purpose !== 'directcare')
    return refused('FORBIDDEN_ROLE');
  return allowed;
}

/**
 * Whether the caller may see this patient: relationship first, and only then the patient's own state. Unknown, sealed,
 * unverified and long-deceased patients are one and the same PATIENT_NOT_FOUND. `now` is an ISO 8601 UTC instant.
 */
export function decidePatientAccess(
  policy: RegionPolicy,
  caller: Caller,
  patient: PatientState,
  now: string,
): Decision {
  if (isRegionWide(caller.role)) return patient.person ? allowed : refused('PATIENT_NOT_FOUND');
  const related = patient.relationships.some(
    ({ organisation, until }) => organisation === caller.organisation && until > now,
  );
  if (!related) return refused('NO_RELATIONSHIP');
  if (!patient.person) return refused('PATIENT_NOT_FOUND');
  const { demographics } = patient.person;
  if (demographics.restricted) return refused('PATIENT_NOT_FOUND');
  if (deceasedLongerThan(demographics, policy.deceasedReadableDays, now.slice(0, 10)))
    return refused('PATIENT_NOT_FOUND');
  if (patient.objection?.inForce) return refused('NO_PATIENT_CONSENT');
  return allowed;
}

/** True when the organisation shares the section; one without an agreement shares nothing. */
export function sharesSection(policy: RegionPolicy, ods: string, section: SectionCode): boolean {
  const shares = agreementOf(policy, ods)?.agreement.shares;
  return shares === 'all' || (shares?.includes(section) ?? false);
}
