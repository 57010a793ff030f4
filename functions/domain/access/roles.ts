import { type SectionCode, sectionCodes } from '../record/section-codes.ts';

/** What a route asks of a role. */
export const permissions = [
  'patient.match',
  'patient.read',
  'record.read',
  'relationship.claim',
  'record.write',
  'feed.read',
  'objection.read',
  'objection.write',
  'audit.read',
  'alert.write',
  'agreement.read',
  'agreement.write',
  'usage.read',
  'identity.read',
  'identity.write',
] as const;

/** See {@link permissions}. */
export type Permission = (typeof permissions)[number];

interface RoleRule {
  readonly permissions: readonly Permission[];
  /** Sections that the role may open. */
  readonly sections: readonly SectionCode[];
  /** Acts for the region, not for an organisation's care of a patient: needs no relationship, and opens no record. */
  readonly regionWide?: true;
  /** No person sits before it: a search answers it one unique match or nobody. */
  readonly unattended?: true;
}

const clinical: readonly Permission[] = [
  'patient.match',
  'patient.read',
  'record.read',
  'relationship.claim',
  'objection.read',
  'objection.write',
];

/** Role × permission × section: a role or a cell that is not here is refused. */
export const roles = {
  clinician: { permissions: clinical, sections: sectionCodes },
  gp: { permissions: clinical, sections: sectionCodes },
  paramedic: {
    permissions: ['patient.match', 'patient.read', 'record.read', 'relationship.claim'],
    sections: [
      'demographics',
      'conditions',
      'medications',
      'allergies',
      'alerts',
      'documents',
      'care-plans',
      'ambulance',
    ],
  },
  'care-home': {
    permissions: ['patient.match', 'patient.read', 'record.read'],
    sections: [
      'demographics',
      'teams',
      'appointments',
      'conditions',
      'medications',
      'allergies',
      'alerts',
      'care-plans',
    ],
  },
  clerk: { permissions: ['patient.match', 'patient.read', 'record.read'], sections: ['demographics'] },
  steward: {
    permissions: ['patient.match', 'identity.read', 'identity.write', 'feed.read', 'usage.read'],
    sections: [],
    regionWide: true,
  },
  'privacy-officer': {
    permissions: [
      'objection.read',
      'objection.write',
      'audit.read',
      'alert.write',
      'agreement.read',
      'agreement.write',
      'usage.read',
    ],
    sections: [],
    regionWide: true,
  },
  application: { permissions: ['patient.match'], sections: [], unattended: true },
  feed: { permissions: ['record.write', 'feed.read'], sections: [], unattended: true },
} as const satisfies Record<string, RoleRule>;

/** A role that a token may carry. */
export type Role = keyof typeof roles;

/** True when the role holds the permission. */
export function hasPermission(role: Role, permission: Permission): boolean {
  return (roles[role].permissions as readonly Permission[]).includes(permission);
}

/** True when the role may open the section. */
export function mayOpenSection(role: Role, section: SectionCode): boolean {
  return (roles[role].sections as readonly SectionCode[]).includes(section);
}

/** True for a role that acts for the region; see {@link roles}. */
export function isRegionWide(role: Role): boolean {
  return (roles[role] as RoleRule).regionWide ?? false;
}

/** True for a role of systems, before which no person sits; see {@link roles}. */
export function isApplication(role: Role): boolean {
  return (roles[role] as RoleRule).unattended ?? false;
}
