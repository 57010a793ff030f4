import * as z from 'zod';
import shipped from './match-policy.json' with { type: 'json' };

const rate = z.number().positive().max(1);

/** What overrules a high probability; see guards.ts. */
export const guardReasons = [
  'given-name-differs',
  'given-name-missing',
  'birth-date-differs',
  'one-name-alone',
  'names-alone',
] as const;

/**
 * How likely a level of agreement is, in three worlds: `person`, both records are of one person (Fellegi and Sunter's m);
 * `stranger`, of two people taken at random from the index (u); `household`, of two members of one household, who share
 * the address and mostly the family name. A level's weight is log2(person / stranger).
 */
const levelRates = z.strictObject({ person: rate, stranger: rate, household: rate });

const levels = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.strictObject({ levels: z.record(z.enum(names), levelRates) });

/** How common values are, per million people: an agreement on a rare one says more. */
const frequencies = z.strictObject({
  /** Of a value that is not listed. */
  unlisted: z.number().positive(),
  /** The frequency at which the levels' own `stranger` rates hold. */
  mean: z.number().positive(),
  /** Folded value → people of a million who have it. */
  perMillion: z.record(z.string(), z.number().positive()),
});

/** The one file of matching's weights, thresholds and blocking; every stored decision names its version. */
export const matchPolicySchema = z.strictObject({
  version: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  about: z.string(),
  prior: z.strictObject({
    /** The share of the people asked for who are in the index. */
    coverage: z.number().gt(0).lt(1),
    /** A smaller index says nothing about the people it will be asked for: it is taken to be as large as this. */
    peopleAtLeast: z.number().int().positive(),
    /** Others in the household of the person sought who could be taken for them (ONS: 2.36 people a household). */
    householdOthers: z.number().positive(),
    /** The share of such relatives who are not in the index themselves, where they would be candidates. */
    relativesNotIndexed: rate,
  }),
  /** Posterior probabilities from which a candidate is certain, probable, possible. */
  thresholds: z.strictObject({
    certain: rate,
    /** From here on given and family name may tell a person by themselves. */
    namesAlone: rate,
    probable: rate,
    possible: rate,
  }),
  /** The guards in force. Taking one away links more and harms somebody: it is for measuring what each costs. */
  guards: z.record(z.enum(guardReasons), z.boolean()),
  blocking: z.strictObject({
    /** Candidates read of one block at most; a larger block is narrowed to those with more evidence. */
    blockLimit: z.number().int().positive(),
    /** Candidates of some weight whose person is looked up at most. */
    resolvedLimit: z.number().int().positive(),
  }),
  weights: z.strictObject({
    /** Bits for given and family name exchanged, and for a name or postcode no longer in use. */
    swapped: z.number().max(0),
    historic: z.number().max(0),
    /** How much of a value's rarity counts where it agrees nearly (1: as much as for an exact agreement). */
    nearFrequency: z.number().min(0).max(1),
  }),
  fields: z.strictObject({
    family: levels('exact', 'typo', 'close', 'sound', 'part', 'initial', 'disagree').extend({ frequencies }),
    given: levels(
      'exact',
      'nickname',
      'typo',
      'similar',
      'close',
      'sound',
      'part',
      'initial',
      'disagree',
    ).extend({ frequencies }),
    birthDate: levels(
      'exact',
      'first-of-january',
      'january-year-digit',
      'january-year',
      'swapped',
      'one-digit',
      'two-parts',
      'year',
      'disagree',
      'year-month',
      'year-only',
      'partial-disagree',
    ),
    postcode: levels('exact', 'one-edit', 'sector', 'outcode', 'area', 'disagree'),
    addressLine: levels('exact', 'exact-same-postcode', 'similar', 'similar-same-postcode', 'disagree'),
    gender: levels('agree', 'disagree'),
    phone: levels('exact', 'one-digit', 'disagree'),
    email: levels('exact', 'close', 'disagree'),
    practice: levels('agree', 'disagree'),
  }),
});

/** See {@link matchPolicySchema}. */
export type MatchPolicy = z.infer<typeof matchPolicySchema>;

/** A field that is compared. */
export type ComparedField = keyof MatchPolicy['fields'];

/** A level of agreement of the field. */
export type LevelOf<Field extends ComparedField> = keyof MatchPolicy['fields'][Field]['levels'];

/** The policy that this build was made with; a test holds it to the schema. */
export const matchPolicy: MatchPolicy = shipped;
