import * as z from 'zod';

const searches = z.number().int().positive();

/** Searches in a clock minute and in a clock hour. */
const quota = z.strictObject({ aMinute: searches, anHour: searches });

/**
 * How often people may be sought: by one user, by one system before which nobody sits, and by all of an organisation. Enough for
 * a reception desk and for the lists of a busy trust; too few to count through numbers or names.
 */
export const searchQuotasSchema = z.strictObject({
  person: quota.default({ aMinute: 500, anHour: 900 }),
  application: quota.default({ aMinute: 1_200, anHour: 20_000 }),
  organisation: quota.default({ aMinute: 3_000, anHour: 60_000 }),
});

/** See {@link searchQuotasSchema}. */
export type SearchQuota = z.infer<typeof quota>;

/** An equal part of a quota, at least one search. */
export function partOf({ aMinute, anHour }: SearchQuota, parts: number): SearchQuota {
  return {
    aMinute: Math.max(1, Math.floor(aMinute / parts)),
    anHour: Math.max(1, Math.floor(anHour / parts)),
  };
}
