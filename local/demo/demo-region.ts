import type { FhirResource, Patient } from 'fhir/r4.js';
import type { Organisation, RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { type Hero, heroes, organisationAt, type Place, type Trait } from './heroes.ts';
import { respell } from './names.ts';
import { breakCheckDigit, testNhsNumbers } from './nhs-numbers.ts';
import { makeEntries } from './organisation-entries.ts';
import { writePatientMessage } from './patient-message.ts';
import { ageIn, type DemoPerson, makePerson } from './person.ts';
import { chance, type Random, seededRandom } from './random.ts';

/** What one organisation sends about one person. */
export interface DemoRecord {
  /** ODS code. */
  readonly organisation: string;
  readonly patient: Patient;
  readonly entries: readonly FhirResource[];
  /** Of a named person. */
  readonly hero?: string;
}

/** A made-up region: what its organisations send, and who has objected. */
export interface DemoRegion {
  /** Within a wave the order does not matter; a wave waits for the one before. */
  readonly waves: readonly (readonly DemoRecord[])[];
  /** What named people object to: all of their record, or what the organisation with this ODS code sent. */
  readonly objections: readonly { readonly hero: string; readonly source?: string | undefined }[];
  /** The number of each named person, as it is now. */
  readonly heroNumbers: ReadonlyMap<string, string>;
  readonly personCount: number;
}

/** People beside the named ones. */
const crowdSize = 90;

/** How likely an organisation knows somebody of the crowd. */
const likelihoods: readonly (readonly [Place, number])[] = [
  ['practice', 0.8],
  ['first-trust', 0.2],
  ['second-trust', 0.15],
  ['mental-health', 0.05],
  ['ambulance', 0.06],
  ['neighbour', 0.06],
];

/** The age from which the crowd lives in the care home, now and then. */
const careHomeAge = 78;

/** Makes the people of a region from its organisations; the same seed and time make the same region. `now` in epoch milliseconds. */
export function makeDemoRegion(
  policy: RegionPolicy,
  { seed, now }: { seed: number; now: number },
): DemoRegion {
  const random = seededRandom(seed);
  const year = new Date(now).getUTCFullYear();
  const numbers = testNhsNumbers();
  const places = new Map<Place, Organisation>();
  for (const place of [
    'practice',
    'first-trust',
    'second-trust',
    'mental-health',
    'ambulance',
    'care-home',
    'neighbour',
  ] as const) {
    const organisation = organisationAt(policy.organisations, policy.region, place);
    if (organisation) places.set(place, organisation);
  }
  const write = recordWriter(random, places, year, now);

  const first: DemoRecord[] = [];
  const second: DemoRecord[] = [];
  const third: DemoRecord[] = [];
  const fourth: DemoRecord[] = [];
  const heroNumbers = new Map<string, string>();
  for (const hero of heroes) {
    const nhsNumber = numbers.next().value;
    const oldNumber = numbers.next().value;
    heroNumbers.set(hero.hero, nhsNumber);
    for (const place of hero.knownTo) {
      const isLookAlike = hero.traits.some((trait) => trait.kind === 'look-alike' && trait.at === place);
      const record = write(
        place,
        { ...hero, nhsNumber },
        toldBy(hero, place, nhsNumber, oldNumber),
        isLookAlike ? undefined : hero.hero,
      );
      const isFirst = hero.traits.some(
        ({ kind, ...trait }) =>
          kind === 'superseded-number' && 'firstKnownTo' in trait && trait.firstKnownTo === place,
      );
      if (!record) continue;
      (isFirst ? first : place === 'practice' ? second : third).push(record);
      fourth.push(...overwritten(hero, place, record));
    }
  }
  for (let index = 0; index < crowdSize; index += 1) {
    const person = makePerson(random, numbers.next().value, year);
    const known = likelihoods.filter(([, likelihood]) => chance(random, likelihood)).map(([place]) => place);
    if (ageIn(year, person) >= careHomeAge && chance(random, 0.5)) known.push('care-home');
    for (const place of known.length > 0 ? known : (['first-trust'] as const)) {
      const record = write(place, person, likelyTelling(random, place, person), undefined);
      if (record) (place === 'practice' ? second : third).push(record);
    }
  }
  return {
    waves: [first, second, third, fourth],
    objections: heroes.flatMap(({ hero, traits }) =>
      traits.flatMap((trait) =>
        trait.kind === 'objects' ? [{ hero, source: trait.to && places.get(trait.to)?.ods }] : [],
      ),
    ),
    heroNumbers,
    personCount: heroes.length + crowdSize,
  };
}

interface Told {
  readonly person: Partial<Pick<DemoPerson, 'given' | 'family' | 'birthDate'>>;
  readonly nhsNumber: string | undefined;
  readonly supersededNhsNumber?: string;
  readonly restricted?: boolean;
  readonly deceasedOn?: string;
}

function toldBy({ traits }: Hero, place: Place, nhsNumber: string, oldNumber: string): Told {
  let told: Told = { person: {}, nhsNumber };
  for (const trait of traits) told = applyTrait(told, trait, place, nhsNumber, oldNumber);
  return told;
}

function applyTrait(told: Told, trait: Trait, place: Place, nhsNumber: string, oldNumber: string): Told {
  switch (trait.kind) {
    case 'restricted':
      return { ...told, restricted: true };
    case 'deceased':
      return { ...told, deceasedOn: trait.on };
    case 'bad-check-digit':
      return { ...told, nhsNumber: breakCheckDigit(nhsNumber) };
    case 'superseded-number':
      return place === trait.firstKnownTo
        ? { ...told, nhsNumber: oldNumber }
        : { ...told, ...(place === 'practice' && { supersededNhsNumber: oldNumber }) };
    case 'spelt':
      return place === trait.at ? { ...told, person: { given: [trait.given], family: trait.family } } : told;
    case 'look-alike': {
      const { birthDate, given } = trait;
      if (place !== trait.at) return told;
      return { person: { ...(given && { given }), ...(birthDate && { birthDate }) }, nhsNumber: undefined };
    }
    case 'overwritten':
    case 'objects':
      return told;
  }
}

/** What an organisation later sends under the same local id, when it has taken somebody else for the person. */
function overwritten({ traits }: Hero, place: Place, { organisation, patient }: DemoRecord): DemoRecord[] {
  return traits.flatMap((trait) =>
    trait.kind === 'overwritten' && trait.at === place
      ? [
          {
            organisation,
            patient: writePatientMessage({ ...trait.by, nhsNumber: '' }, { localId: patient.id ?? '' }),
            entries: [],
          },
        ]
      : [],
  );
}

/** As clerks write: mostly the same, now and then another spelling, one given name, or no number to hand. */
function likelyTelling(random: Random, place: Place, { given, family, nhsNumber }: DemoPerson): Told {
  if (place === 'practice') return { person: {}, nhsNumber };
  const isRespelt = chance(random, 0.25);
  const [first] = given;
  const isUnknown = chance(random, place === 'ambulance' ? 0.4 : 0.05);
  return {
    person: isRespelt ? { given: [respell(first)], family: respell(family) } : {},
    nhsNumber: isUnknown ? undefined : nhsNumber,
  };
}

function recordWriter(random: Random, places: ReadonlyMap<Place, Organisation>, year: number, now: number) {
  const serials = new Map<string, number>();
  const practice = places.get('practice')?.ods;
  return (place: Place, person: DemoPerson, told: Told, hero: string | undefined): DemoRecord | undefined => {
    const organisation = places.get(place);
    if (!organisation) return undefined;
    const serial = (serials.get(organisation.ods) ?? 0) + 1;
    serials.set(organisation.ods, serial);
    const localId = `${organisation.ods.toLowerCase()}-${String(serial).padStart(4, '0')}`;
    const { person: said, ...rest } = told;
    const patient = writePatientMessage(
      { ...person, ...said },
      // A person who is registered with the practice names it elsewhere too; hospitals mostly know.
      { localId, ...rest, ...(place === 'practice' && practice !== undefined && { practice }) },
    );
    const context = { random, localId, organisationName: organisation.name, age: ageIn(year, person), now };
    const entries = makeEntries(organisation, context, hero === 'marian' || hero === 'kwame');
    return { organisation: organisation.ods, patient, entries, ...(hero !== undefined && { hero }) };
  };
}
