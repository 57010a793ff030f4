import type { ErrorCode } from '../error-catalogue.ts';
import { type Demographics, deceasedLongerThan } from '../identity/demographics.ts';
import type { SectionCode } from '../record/section-codes.ts';
import { mayView } from './agreement.ts';
import type { Caller } from './caller.ts';
import { organisationOf, type RegionPolicy } from './region-policy.ts';
import { proofsFor, type Relationship } from './relationship.ts';
import { hasPermission, isRegionWide, mayOpenSection, type Permission } from './roles.ts';

/** What is known about one patient when access is decided; an unknown patient has none of it. */
export interface PatientState {
  readonly person?: { readonly demographics: Demographics };
  readonly relationships: readonly Relationship[];
  readonly objection?: { readonly inForce: boolean };
}

/** Allowed, and by which proof where one is needed; or the one code that the caller is told. */
export type Decision =
  | { readonly allowed: true; readonly proof?: Relationship }
  | { readonly allowed: false; readonly code: ErrorCode };

const allowed: Decision = { allowed: true };

function refused(code: ErrorCode): Decision {
  return { allowed: false, code };
}

/** What an organisation needs to be listed for, and no agreement to view. */
const withoutViewing: ReadonlySet<Permission> = new Set([
  'record.write',
  'feed.read',
  // Else agreements that shut everybody out could never be put right.
  'agreement.read',
  'agreement.write',
]);

/** A region's identities and agreements are its own: a neighbour's steward decides about the neighbour's. */
const ownRegionOnly: ReadonlySet<Permission> = new Set([
  'identity.read',
  'identity.write',
  'agreement.read',
  'agreement.write',
]);

/** What shows a patient, or opens the way to it. */
const forDirectCare: ReadonlySet<Permission> = new Set(['patient.read', 'record.read', 'relationship.claim']);

/** True when the caller's role and the agreement of their organisation both open the section. */
export function mayReadSection(policy: RegionPolicy, caller: Caller, section: SectionCode): boolean {
  return mayOpenSection(caller.role, section) && mayView(policy, caller, section);
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
  const organisation = organisationOf(policy, caller.organisation);
  if (!organisation) return refused('NO_AGREEMENT');
  if (!withoutViewing.has(permission) && !mayView(policy, caller)) return refused('NO_AGREEMENT');
  if (!hasPermission(caller.role, permission)) return refused('FORBIDDEN_ROLE');
  if (section && !mayOpenSection(caller.role, section)) return refused('FORBIDDEN_ROLE');
  if (section && !mayView(policy, caller, section)) return refused('NO_AGREEMENT');
  if (ownRegionOnly.has(permission) && organisation.region !== policy.region)
    return refused('FORBIDDEN_ROLE');
  // Reading a record is for direct care; another purpose is another agreement (IG Framework: Shared Care Records).
  if (forDirectCare.has(permission) && caller.purpose !== 'directcare') return refused('FORBIDDEN_ROLE');
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
  const [proof] = proofsFor(patient.relationships, caller, now);
  if (!proof) return refused('NO_RELATIONSHIP');
  if (!patient.person) return refused('PATIENT_NOT_FOUND');
  const { demographics } = patient.person;
  if (demographics.restricted || demographics.invalid) return refused('PATIENT_NOT_FOUND');
  if (deceasedLongerThan(demographics, policy.deceasedReadableDays, now.slice(0, 10)))
    return refused('PATIENT_NOT_FOUND');
  if (patient.objection?.inForce) return refused('NO_PATIENT_CONSENT');
  return { allowed: true, proof };
}

/** The caller's access alert, where the region's board lets one open what its patient objects to. A self-claim never does. */
export function overridingAlert(
  { breakGlass }: RegionPolicy,
  caller: Caller,
  relationships: readonly Relationship[],
  now: string,
): Relationship | undefined {
  if (!breakGlass.overridesObjection) return undefined;
  return proofsFor(
    relationships.filter(({ kind }) => kind === 'access-alert'),
    caller,
    now,
  )[0];
}
