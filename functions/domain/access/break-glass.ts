import * as z from 'zod';
import type { RelationshipKind } from './relationship.ts';

/** Alert types of the Summary Care Record: what a user does who opens a record without a relationship that is on file. */
export const alertTypes = {
  '1': { kind: 'self-claim', display: 'Create LR (self claimed)' },
  '2': { kind: 'access-alert', display: 'Access alert' },
} as const satisfies Record<string, { kind: RelationshipKind; display: string }>;

/** See {@link alertTypes}. */
export type AlertType = keyof typeof alertTypes;

/** Reasons of the Summary Care Record. */
export const claimReasons = {
  '1': 'public interest',
  '2': 'required by statute',
  '3': 'required by court order',
  '4': 'self-claimed in an emergency',
  '5': 'emergency',
  '6': 'other',
} as const;

/** See {@link claimReasons}. */
export type ClaimReason = keyof typeof claimReasons;

/** The published pairs (NHSDigital/summary-care-record-api, specification); every other is refused. */
const pairs: Readonly<Record<AlertType, readonly ClaimReason[]>> = {
  '1': ['1', '2', '3', '4', '6'],
  '2': ['1', '2', '3', '5'],
};

/** True for a reason that the alert type may have. */
export function isPublishedPair(type: AlertType, reason: ClaimReason): boolean {
  return pairs[type].includes(reason);
}

/** Who may open a record by their own claim, and for how long. */
export const breakGlassSchema = z.strictObject({
  /** Roles that may; a role needs `relationship.claim` besides. */
  roles: z.array(z.enum(['clinician', 'gp', 'paramedic'])).default(['clinician', 'gp', 'paramedic']),
  minutes: z.number().int().min(1).max(1440).default(60),
  /** True lets an access alert (type 2), and no self-claim, open what its patient objects to: a decision of the region's board. */
  overridesObjection: z.boolean().default(false),
});
