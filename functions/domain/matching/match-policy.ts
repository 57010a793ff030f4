/**
 * How likely an outcome of a comparison is, in three worlds.
 *
 * `person`: both records are of one person (Fellegi and Sunter's m). `stranger`: of two people taken at random
 * from the region (u). `household`: of two members of one household, who share the address and mostly the
 * family name. An outcome's weight is log2(person / stranger).
 */
export interface OutcomeRates {
  readonly person: number;
  readonly stranger: number;
  readonly household: number;
}

/**
 * The weights of matching, versioned: every stored match names the version that made it.
 *
 * Starting points, to be replaced by fitted values: outcome rates among true pairs follow the shape of the
 * published NHS England linkage model (exact, near, part, none, for each field); chance agreement is derived
 * beside each figure. A household rate never exceeds the person's for an exact agreement: so an agreement
 * added to a comparison can never lower the score.
 */
export const matchPolicy = {
  version: 'towpath-thin-1',
  /**
   * People among whom a query could fall, by chance, on the wrong one: a region of London's size
   * (9 million, 2024). It is the prior: a candidate starts at −log2 of it.
   */
  population: 9_000_000,
  /** Others in the household of the person sought who could be taken for them (ONS: 2.36 people a household). */
  householdOthers: 2,
  fields: {
    family: {
      // Chance: the sum of squared shares of English surnames is about 1 in 1,000 (Smith alone gives 1 in 8,000).
      exact: { person: 0.88, stranger: 0.001, household: 0.75 },
      // One letter wrong: there are about three other surnames of such spelling for each.
      typo: { person: 0.045, stranger: 0.003, household: 0.04 },
      sound: { person: 0.01, stranger: 0.002, household: 0.01 },
      // One part of a double-barrelled name.
      part: { person: 0.02, stranger: 0.001, household: 0.02 },
      // Family and given name exchanged: as exact, but only about one record in 200 is like this.
      swapped: { person: 0.0044, stranger: 0.001, household: 0.00375 },
      // Marriage, or a name that was never right.
      disagree: { person: 0.04, stranger: 0.99, household: 0.18 },
    },
    given: {
      // Chance: the sum of squared shares of given names over both sexes and all ages is about 1 in 100.
      exact: { person: 0.86, stranger: 0.01, household: 0.02 },
      nickname: { person: 0.025, stranger: 0.004, household: 0.01 },
      // One letter wrong in a name of five or more letters that begins alike.
      typo: { person: 0.035, stranger: 0.002, household: 0.004 },
      // One letter wrong, but short or with another initial: Tim and Jim are brothers as often as a slip.
      near: { person: 0.012, stranger: 0.008, household: 0.02 },
      sound: { person: 0.01, stranger: 0.008, household: 0.02 },
      // The first name of one is a further name of the other.
      reordered: { person: 0.03, stranger: 0.008, household: 0.02 },
      swapped: { person: 0.86, stranger: 0.01, household: 0.02 },
      disagree: { person: 0.028, stranger: 0.96, household: 0.9 },
      // Where one of them is an initial only: one in 12 strangers has the same.
      initial: { person: 0.95, stranger: 0.08, household: 0.1 },
      'initial-disagree': { person: 0.05, stranger: 0.92, household: 0.9 },
    },
    birthDate: {
      // Chance: 365 days × about 80 years, a little bunched. Household: twins, of whom 1 birth in 65 is (ONS).
      exact: { person: 0.95, stranger: 1 / 25_000, household: 0.01 },
      // Day and month exchanged: possible on 12 of 30 days.
      swapped: { person: 0.006, stranger: 1 / 60_000, household: 0.00002 },
      // One digit wrong or two neighbours exchanged: about 18 dates lie so near.
      'one-edit': { person: 0.018, stranger: 18 / 25_000, household: 0.001 },
      // Two of day, month and year agree.
      'two-parts': { person: 0.012, stranger: 0.0035, household: 0.004 },
      year: { person: 0.005, stranger: 0.012, household: 0.02 },
      disagree: { person: 0.009, stranger: 0.984, household: 0.965 },
      // Where one of them is partial, what both know is compared.
      'year-month': { person: 0.98, stranger: 1 / 960, household: 0.012 },
      'year-only': { person: 0.985, stranger: 1 / 80, household: 0.03 },
      'partial-disagree': { person: 0.02, stranger: 0.98, household: 0.97 },
    },
    postcode: {
      // Chance: about 180,000 postcodes for 9 million people. A tenth of people move each year, so a true pair often differs.
      exact: { person: 0.72, stranger: 1 / 180_000, household: 0.72 },
      'one-edit': { person: 0.05, stranger: 1 / 15_000, household: 0.05 },
      // The same outward code, of about 300 in a region.
      outcode: { person: 0.08, stranger: 0.005, household: 0.08 },
      area: { person: 0.06, stranger: 0.08, household: 0.06 },
      disagree: { person: 0.09, stranger: 0.915, household: 0.09 },
    },
    gender: {
      agree: { person: 0.985, stranger: 0.5, household: 0.5 },
      disagree: { person: 0.015, stranger: 0.5, household: 0.5 },
    },
  },
} as const satisfies {
  readonly version: string;
  readonly population: number;
  readonly householdOthers: number;
  readonly fields: Readonly<Record<string, Readonly<Record<string, OutcomeRates>>>>;
};

type ComparedField = keyof typeof matchPolicy.fields;

/** An outcome of comparing the field. */
export type OutcomeOf<Field extends ComparedField> = Extract<
  keyof (typeof matchPolicy.fields)[Field],
  string
>;
