import * as z from 'zod';

/** A day, of which expiry counts whole ones. */
export const dayInMilliseconds = 86_400_000;

const days = z.number().int().nonnegative();

/** How long a kind of relationship is proof. */
const rule = z.strictObject({
  /** Days since it was last said (a referral: since it was made) while nothing ends it. */
  days: days.positive(),
  /** Days after its end: letters are written and results come in. */
  afterEndDays: days,
});

/** The rules by which relationships that feeds speak of expire. */
export const relationshipRulesSchema = z.strictObject({
  feed: rule.default({ days: 365, afterEndDays: 0 }),
  'gp-registration': rule.default({ days: 365, afterEndDays: 28 }),
  encounter: rule.default({ days: 365, afterEndDays: 90 }),
  referral: rule.default({ days: 180, afterEndDays: 28 }),
  'care-team': rule.default({ days: 365, afterEndDays: 28 }),
  'care-home': rule.default({ days: 365, afterEndDays: 7 }),
});

/** See {@link relationshipRulesSchema}. */
export type RelationshipRules = z.infer<typeof relationshipRulesSchema>;

/** A kind of relationship that feeds speak of. */
export type FedRelationshipKind = keyof RelationshipRules;
