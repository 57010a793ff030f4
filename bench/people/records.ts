import type { PersonRow } from '../../local/csv/read-people.ts';
import type { Random } from '../../local/demo/random.ts';
import { drawFamilyName } from './names.ts';
import type { MadePerson } from './population.ts';
import { drawAddressLine, drawPostcode } from './postcodes.ts';

/** One record of a made-up person; `person` is the truth. */
export type MadeRecord = Omit<PersonRow, 'row' | 'indexed'> & { readonly person: string };

/** How often something is other than it truly is, from 0 to 1. */
export interface Carelessness {
  /** A slip of the keyboard in one name, date or postcode, each. */
  readonly slip: number;
  /** A value that is not there, each. */
  readonly missing: number;
  /** Moved house, or another family name (of women), since. */
  readonly changed: number;
  /** Known by a short form. */
  readonly nickname: number;
  /** Has the NHS number, verified. */
  readonly numbered: number;
}

/** As a well-kept hospital system has its patients. */
export const usualCarelessness: Carelessness = {
  slip: 0.02,
  missing: 0.03,
  changed: 0.06,
  nickname: 0.04,
  numbered: 0.9,
};

const nicknames: Readonly<Record<string, string>> = {
  Elizabeth: 'Liz',
  Catherine: 'Cathy',
  Katherine: 'Kate',
  Margaret: 'Maggie',
  William: 'Bill',
  Robert: 'Bob',
  Richard: 'Dick',
  Michael: 'Mike',
  James: 'Jim',
  Thomas: 'Tom',
  Christopher: 'Chris',
  Anthony: 'Tony',
  Patricia: 'Pat',
  Susan: 'Sue',
  Deborah: 'Debbie',
  Rebecca: 'Becky',
  Samantha: 'Sam',
  Joseph: 'Joe',
  Daniel: 'Dan',
  Matthew: 'Matt',
  Joshua: 'Josh',
  Stephen: 'Steve',
};

/** The person as one clerk wrote them down, under the given local id. */
export function makeRecord(
  person: MadePerson,
  id: string,
  random: Random,
  { changed, missing, nickname, numbered, slip }: Carelessness = usualCarelessness,
): MadeRecord {
  const maybe = (value: string): string | undefined => {
    if (random() < missing) return undefined;
    return random() < slip ? mistype(value, random) : value;
  };
  const moved = random() < changed;
  const postcode = moved ? drawPostcode(random) : person.postcode;
  const addressLine = moved ? drawAddressLine(postcode, random) : person.addressLine;
  const renamed = person.gender === 'female' && random() < changed;
  const family = renamed ? drawFamilyName(person.heritage, random) : person.family;
  const called = random() < nickname ? (nicknames[person.given] ?? person.given) : person.given;
  const names = person.middle !== undefined && random() < 0.5 ? `${called} ${person.middle}` : called;
  const given = maybe(names);
  const shownFamily = maybe(family);
  const birthDate = random() < missing / 3 ? undefined : misdate(person.birthDate, slip, random);
  const shownPostcode = maybe(postcode);
  const gender = random() < missing ? undefined : person.gender;
  return {
    id,
    person: person.id,
    ...(given !== undefined && { given }),
    ...(shownFamily !== undefined && { family: shownFamily }),
    ...(birthDate !== undefined && { birthDate }),
    ...(shownPostcode !== undefined && { postcode: shownPostcode, addressLine }),
    ...(gender !== undefined && { gender }),
    ...(person.nhsNumber !== undefined && random() < numbered && { nhsNumber: person.nhsNumber }),
    ...(person.phone !== undefined && random() < 0.8 && { phone: person.phone }),
    ...(person.email !== undefined && random() < 0.8 && { email: person.email }),
  };
}

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** One slip: a letter left out, doubled, exchanged with its neighbour, or another in its place. */
function mistype(text: string, random: Random): string {
  if (text.length < 2) return text;
  const at = Math.floor(random() * (text.length - 1));
  const here = text.charAt(at);
  const next = text.charAt(at + 1);
  const kind = Math.floor(random() * 4);
  if (kind === 0) return text.slice(0, at) + text.slice(at + 1);
  if (kind === 1) return text.slice(0, at) + here + text.slice(at);
  if (kind === 2) return text.slice(0, at) + next + here + text.slice(at + 2);
  const other = /\d/.test(here)
    ? String(Math.floor(random() * 10))
    : letters.charAt(Math.floor(random() * 26));
  return text.slice(0, at) + other + text.slice(at + 1);
}

/** The date, or with the day and month exchanged, or one digit wrong; always a real date. */
function misdate(date: string, slip: number, random: Random): string {
  if (random() >= slip) return date;
  const [year = '', month = '', day = ''] = date.split('-');
  if (random() < 0.4 && Number(day) <= 12) return `${year}-${day}-${month}`;
  const wrongDay = String(Math.floor(random() * 28) + 1).padStart(2, '0');
  if (random() < 0.5) return `${year}-${month}-${wrongDay}`;
  const wrongYear = Math.max(1900, Number(year) + (random() < 0.5 ? -10 : -1));
  return `${wrongYear}-${month}-${day === '29' ? '28' : day}`;
}

/** Records of a whole population as one organisation holds them: some people are there twice, under two local ids. */
export function* makeRecords(
  population: Iterable<MadePerson>,
  options: {
    readonly random: Random;
    /** Share of people with a second record. */
    readonly duplicates: number;
    readonly carelessness?: Carelessness;
  },
): Generator<MadeRecord, void, undefined> {
  const { carelessness = usualCarelessness, duplicates, random } = options;
  for (const person of population) {
    yield makeRecord(person, `${person.id}-1`, random, carelessness);
    if (random() < duplicates) yield makeRecord(person, `${person.id}-2`, random, carelessness);
  }
}
