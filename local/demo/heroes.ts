import type { Organisation } from '../../functions/domain/access/region-policy.ts';
import type { DemoPerson } from './person.ts';

/** The organisations of a region by the part they play in the demo; a region need not have all. */
export type Place =
  | 'practice'
  | 'first-trust'
  | 'second-trust'
  | 'mental-health'
  | 'ambulance'
  | 'care-home'
  | 'neighbour';

/** What is special about a named person, as one of their sources reports it. */
export type Trait =
  | { readonly kind: 'restricted' }
  | { readonly kind: 'deceased'; readonly on: string }
  /** Objects to sharing: to the whole record, or to what one organisation holds. */
  | { readonly kind: 'objects'; readonly to?: Place }
  | { readonly kind: 'bad-check-digit' }
  /** The first organisation that knew them used a number that was later replaced. */
  | { readonly kind: 'superseded-number'; readonly firstKnownTo: Place }
  /** An organisation knows somebody who may be this person or a relative, without a number: a review task asks which. */
  | {
      readonly kind: 'look-alike';
      readonly at: Place;
      readonly given?: readonly [string];
      readonly birthDate?: string;
    }
  /** An organisation later sends the details of somebody else under this person's local id: they are set aside. */
  | { readonly kind: 'overwritten'; readonly at: Place; readonly by: Omit<DemoPerson, 'nhsNumber'> }
  /** Another organisation spells the name so. */
  | { readonly kind: 'spelt'; readonly at: Place; readonly given: string; readonly family: string };

/** A named person of the demo, who shows one thing. */
export interface Hero extends Omit<DemoPerson, 'nhsNumber'> {
  readonly hero: string;
  readonly knownTo: readonly Place[];
  readonly traits: readonly Trait[];
  /** One line for people who look around. */
  readonly shows: string;
}

/** The named people; the walk-through is about Marian Lockwood. */
export const heroes: readonly Hero[] = [
  {
    hero: 'marian',
    given: ['Marian', 'Elsie'],
    family: 'Lockwood',
    gender: 'female',
    birthDate: '1971-03-09',
    home: { line: '4 Towpath Walk', town: 'London', postcode: 'E2 8AA' },
    phone: '07700 900101',
    knownTo: ['practice', 'first-trust', 'second-trust', 'mental-health', 'ambulance', 'neighbour'],
    traits: [{ kind: 'spelt', at: 'second-trust', given: 'Marion', family: 'Lockwood' }],
    shows: 'a record from many organisations, one of which spells her name otherwise',
  },
  {
    hero: 'kwame',
    given: ['Kwame'],
    family: 'Boateng',
    gender: 'male',
    birthDate: '1941-11-23',
    home: { line: 'Narrowboat House, 1 Basin Approach', town: 'London', postcode: 'E14 7LB' },
    phone: '07700 900102',
    knownTo: ['practice', 'first-trust', 'ambulance', 'care-home'],
    traits: [],
    shows: 'a care home resident with a plan that a crew needs at night',
  },
  {
    hero: 'aisha',
    given: ['Aisha'],
    family: 'Rahman',
    gender: 'female',
    birthDate: '1998-06-14',
    home: { line: '17 Winding Hole Road', town: 'London', postcode: 'E3 4SS' },
    phone: '07700 900103',
    knownTo: ['practice', 'first-trust'],
    traits: [],
    shows: 'one of twins: same birth date, same home',
  },
  {
    hero: 'amina',
    given: ['Amina'],
    family: 'Rahman',
    gender: 'female',
    birthDate: '1998-06-14',
    home: { line: '17 Winding Hole Road', town: 'London', postcode: 'E3 4SS' },
    phone: '07700 900103',
    knownTo: ['practice', 'first-trust'],
    traits: [{ kind: 'objects', to: 'first-trust' }],
    shows: 'the other of the twins, who keeps back what her hospital holds',
  },
  {
    hero: 'imogen',
    given: ['Imogen'],
    family: 'Sharpe',
    gender: 'female',
    birthDate: '1988-08-21',
    home: { line: '9 Sluice Gardens', town: 'London', postcode: 'N1 8QS' },
    phone: '07700 900105',
    knownTo: ['practice', 'first-trust'],
    traits: [{ kind: 'restricted' }],
    shows: 'sensitive (S-flag): matched by nobody, and no place is ever shown',
  },
  {
    hero: 'walter',
    given: ['Walter'],
    family: 'Pettigrew',
    gender: 'male',
    birthDate: '1931-02-02',
    home: { line: '60 Pound Lock Terrace', town: 'London', postcode: 'E9 5HD' },
    phone: '07700 900106',
    knownTo: ['practice', 'first-trust'],
    traits: [{ kind: 'deceased', on: '2019-01-20' }],
    shows: 'died long ago: the record is closed',
  },
  {
    hero: 'declan',
    given: ['Declan'],
    family: "O'Rourke",
    gender: 'male',
    birthDate: '1985-09-30',
    home: { line: '31 Coal Barge Yard', town: 'London', postcode: 'W10 5BN' },
    phone: '07700 900107',
    knownTo: ['practice', 'first-trust'],
    traits: [{ kind: 'objects' }],
    shows: 'has objected to sharing',
  },
  {
    hero: 'nadia',
    given: ['Nadia'],
    family: 'Kowalczyk',
    gender: 'female',
    birthDate: '1993-04-17',
    home: { line: '2 Aqueduct Avenue', town: 'London', postcode: 'E8 2PB' },
    phone: '07700 900108',
    knownTo: ['first-trust'],
    traits: [{ kind: 'bad-check-digit' }],
    shows: 'sent with a number that fails Modulus 11: held in quarantine, served to nobody',
  },
  {
    hero: 'grace',
    given: ['Grace'],
    family: 'Adebayo',
    gender: 'female',
    birthDate: '1979-12-01',
    home: { line: '88 Tumbling Bay Lane', town: 'London', postcode: 'E15 1XA' },
    phone: '07700 900109',
    knownTo: ['practice', 'first-trust', 'second-trust'],
    traits: [{ kind: 'superseded-number', firstKnownTo: 'second-trust' }],
    shows: 'her NHS number was replaced: the old one still finds her',
  },
  {
    hero: 'leo',
    given: ['Leo'],
    family: 'Marchetti',
    gender: 'male',
    birthDate: '2016-03-12',
    home: { line: '5 Lengthsman Close', town: 'London', postcode: 'E3 5TT' },
    phone: '07700 900110',
    knownTo: ['practice', 'first-trust'],
    traits: [{ kind: 'look-alike', at: 'first-trust', given: ['Luca'] }],
    shows: 'his twin was sent without a number: a review task asks whether they are one',
  },
  {
    hero: 'beatrice',
    given: ['Beatrice'],
    family: 'Adeyemi',
    gender: 'female',
    birthDate: '1964-05-17',
    home: { line: '22 Stop Plank Way', town: 'London', postcode: 'N1 6DW' },
    phone: '07700 900111',
    knownTo: ['practice', 'second-trust'],
    traits: [{ kind: 'look-alike', at: 'second-trust', birthDate: '1991-08-02' }],
    shows: 'a daughter of her name, or a wrong birth date: a review task asks which',
  },
  {
    hero: 'harriet',
    given: ['Harriet'],
    family: 'Underwood',
    gender: 'female',
    birthDate: '1956-10-07',
    home: { line: '70 Pound Lock Terrace', town: 'London', postcode: 'E9 5HD' },
    phone: '07700 900112',
    knownTo: ['practice', 'first-trust'],
    traits: [
      {
        kind: 'overwritten',
        at: 'first-trust',
        by: {
          given: ['Gareth'],
          family: 'Prosser',
          gender: 'male',
          birthDate: '1983-02-25',
          home: { line: '13 Windlass Street', town: 'London', postcode: 'W2 1HB' },
          phone: '07700 900113',
        },
      },
    ],
    shows: "somebody else's details came under her local id: set aside, for a review task",
  },
];

/** The organisation of the region that plays a part; undefined when the region has none. */
export function organisationAt(
  organisations: readonly Organisation[],
  region: string,
  place: Place,
): Organisation | undefined {
  const own = organisations.filter((organisation) => organisation.region === region);
  const ofType = (type: Organisation['type']) => own.filter((organisation) => organisation.type === type);
  switch (place) {
    case 'practice':
      return ofType('gp-practice')[0];
    case 'first-trust':
      return ofType('acute-trust')[0];
    case 'second-trust':
      return ofType('acute-trust')[1];
    case 'mental-health':
      return ofType('mental-health-trust')[0];
    case 'ambulance':
      return ofType('ambulance-service')[0];
    case 'care-home':
      return ofType('care-home')[0];
    case 'neighbour':
      return organisations.find((organisation) => organisation.region !== region);
  }
}
