import type { Demographics, PersonName } from './demographics.ts';
import { isPlaceholderBirthDate, isPlaceholderPostcode } from './placeholders.ts';

/** What one linked source record says about a person. */
export interface Contribution<Details> {
  /** Names the source record. */
  readonly source: string;
  /** Rank of the organisation in the region's order of trust; 0 is trusted most. */
  readonly trust: number;
  /** The sender's message time, ISO 8601 UTC. */
  readonly sentAt: string;
  readonly demographics: Demographics;
  /** The Patient as received, whose name, address and telecom are shown in full. */
  readonly details: Details;
}

/** A part of the golden record that comes as a whole from one source, so that no address is half of one and half of another. */
export type GoldenField =
  | 'name'
  | 'birthDate'
  | 'gender'
  | 'address'
  | 'telecom'
  | 'generalPractitioner'
  | 'death';

/**
 * Who decides a field when sources differ. `trust`: the most trusted source, for what seldom changes rightly. `recency`: the
 * newest message, for what changes as people move. The other criterion settles what the first leaves open.
 */
const decidedBy: Readonly<Record<GoldenField, 'trust' | 'recency'>> = {
  name: 'trust',
  birthDate: 'trust',
  gender: 'trust',
  address: 'recency',
  telecom: 'recency',
  generalPractitioner: 'recency',
  // Only sources that report a death speak here: one that says nothing of it does not say that the person lives.
  death: 'trust',
};

const goldenFields = Object.keys(decidedBy) as readonly GoldenField[];

/** The field that each part of the demographics belongs to; the type check fails for a part that has none. */
const fieldOf = {
  names: 'name',
  birthDate: 'birthDate',
  typedBirthDate: 'birthDate',
  gender: 'gender',
  postcode: 'address',
  historicPostcodes: 'every source',
  addressLine: 'address',
  phones: 'telecom',
  emails: 'telecom',
  generalPractitioner: 'generalPractitioner',
  deceased: 'death',
  deathDate: 'death',
  restricted: 'every source',
  invalid: 'every source',
} as const satisfies Record<keyof Demographics, GoldenField | 'every source'>;

type ShownDetails = { readonly name?: unknown; readonly address?: unknown; readonly telecom?: unknown };

const shownFields = ['name', 'address', 'telecom'] as const;

/** The golden record and where each of its fields comes from. */
export interface GoldenRecord<Details> {
  readonly demographics: Demographics;
  readonly details: Partial<Pick<Details, keyof Details & (typeof shownFields)[number]>>;
  /** By source, the fields that it decided. */
  readonly provenance: Readonly<Record<string, readonly GoldenField[]>>;
  /** Sources that mark the person as restricted (S-flag): each takes away only its own mark. */
  readonly restrictedBy: readonly string[];
}

/** Other names and former postcodes beyond these find nobody new. */
const mostKept = 8;

const hasContent = (list: unknown) => Array.isArray(list) && list.length > 0;

/** How much a source knows of a field: 2 something, 1 a filler such as ZZ99 or "unknown", 0 nothing. */
function knowledge(field: GoldenField, demographics: Demographics, details: ShownDetails): 0 | 1 | 2 {
  const { birthDate, gender, generalPractitioner, names, postcode } = demographics;
  const whether = (known: boolean) => (known ? 2 : 0);
  switch (field) {
    case 'name':
      return whether(names.length > 0);
    case 'birthDate':
      return birthDate !== undefined && isPlaceholderBirthDate(birthDate)
        ? 1
        : whether(birthDate !== undefined);
    case 'gender':
      return gender === 'unknown' ? 1 : whether(gender !== undefined);
    case 'address':
      if (postcode !== undefined) return isPlaceholderPostcode(postcode) ? 1 : 2;
      return demographics.addressLine !== undefined || hasContent(details.address) ? 1 : 0;
    case 'telecom':
      return whether([details.telecom, demographics.phones, demographics.emails].some(hasContent));
    case 'generalPractitioner':
      return whether(generalPractitioner !== undefined);
    case 'death':
      return whether(demographics.deceased);
  }
}

const compareText = (first: string, second: string) => (first < second ? -1 : first > second ? 1 : 0);

function decide<Details extends ShownDetails>(
  field: GoldenField,
  contributions: readonly Contribution<Details>[],
): Contribution<Details> | undefined {
  const known = contributions.map((one) => ({
    one,
    known: knowledge(field, one.demographics, one.details),
  }));
  const trust = (a: Contribution<Details>, b: Contribution<Details>) => a.trust - b.trust;
  const recency = (a: Contribution<Details>, b: Contribution<Details>) => compareText(b.sentAt, a.sentAt);
  const [first, second] = decidedBy[field] === 'trust' ? [trust, recency] : [recency, trust];
  return known
    .filter((entry) => entry.known > 0)
    .sort(
      (a, b) =>
        b.known - a.known ||
        first(a.one, b.one) ||
        second(a.one, b.one) ||
        compareText(a.one.source, b.one.source),
    )[0]?.one;
}

/**
 * The golden record of a person from all linked source records; their order does not matter.
 *
 * Each field comes whole from one source ({@link decidedBy}: trust or recency); a filler yields to any real value. The names
 * and postcodes of other sources are kept behind the chosen ones, so that the person is recognised by them; they are never
 * shown. A death or a restriction that any source reports holds until that source takes it back.
 */
export function composeGolden<Details extends ShownDetails>(
  contributions: readonly Contribution<Details>[],
): GoldenRecord<Details> {
  const provenance: Record<string, GoldenField[]> = {};
  const demographics: Record<string, unknown> = {};
  const details: Record<string, unknown> = {};
  for (const field of goldenFields) {
    const chosen = decide(field, contributions);
    if (chosen === undefined) continue;
    provenance[chosen.source] = [...(provenance[chosen.source] ?? []), field];
    for (const [part, owner] of Object.entries(fieldOf)) {
      const value = chosen.demographics[part as keyof Demographics];
      if (owner === field && value !== undefined) demographics[part] = value;
    }
  }
  for (const field of shownFields) {
    const chosen = contributions.find(({ source }) => provenance[source]?.includes(field));
    const shown = chosen?.details[field];
    if (shown !== undefined) details[field] = shown;
  }
  const restrictedBy = contributions
    .filter(({ demographics: { restricted } }) => restricted)
    .map(({ source }) => source)
    .sort();
  const historicPostcodes = formerPostcodes(demographics.postcode, contributions);
  return {
    demographics: {
      ...(demographics as Partial<Demographics>),
      names: allNames(demographics.names as Demographics['names'] | undefined, contributions),
      ...(historicPostcodes.length > 0 && { historicPostcodes }),
      deceased: demographics.deceased === true,
      restricted: restrictedBy.length > 0,
      ...(contributions.some((one) => one.demographics.invalid) && { invalid: true }),
    },
    details: details as GoldenRecord<Details>['details'],
    provenance,
    restrictedBy,
  };
}

function allNames<Details>(
  chosen: readonly PersonName[] = [],
  contributions: readonly Contribution<Details>[],
): readonly PersonName[] {
  const others = contributions
    .toSorted((a, b) => a.trust - b.trust || compareText(a.source, b.source))
    .flatMap(({ demographics: { names } }) => names);
  const distinct = new Map(
    [...chosen, ...others].map((name) => [`${name.family ?? ''}|${name.given.join(' ')}`, name]),
  );
  return [...distinct.values()].slice(0, mostKept);
}

function formerPostcodes<Details>(
  current: unknown,
  contributions: readonly Contribution<Details>[],
): readonly string[] {
  const known = contributions.flatMap(({ demographics: { historicPostcodes = [], postcode } }) => [
    ...(postcode === undefined ? [] : [postcode]),
    ...historicPostcodes,
  ]);
  return [...new Set(known)]
    .filter((postcode) => postcode !== current)
    .sort()
    .slice(0, mostKept);
}
