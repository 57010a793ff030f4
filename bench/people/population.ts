import { testNhsNumbers } from '../../local/demo/nhs-numbers.ts';
import { type Random, seededRandom } from '../../local/demo/random.ts';
import { drawFamilyName, drawGivenName, drawHeritage, type Heritage } from './names.ts';
import { drawAddressLine, drawPostcode } from './postcodes.ts';

/** A made-up person as they truly are. */
export interface MadePerson {
  readonly id: string;
  readonly heritage: Heritage;
  readonly given: string;
  readonly middle?: string;
  readonly family: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string;
  readonly gender: 'male' | 'female';
  readonly postcode: string;
  readonly addressLine: string;
  readonly phone?: string;
  readonly email?: string;
  /** Of the test range 999…; absent for everybody past its 900,000 numbers. */
  readonly nhsNumber?: string;
}

/** The test range holds a few more. */
const numbersInUse = 900_000;

/** The last year in which anybody was born. */
const lastYear = 2025;

/** `people` made-up people, household by household; the same seed gives the same people. */
export function* makePopulation(options: {
  readonly seed: number;
  readonly people: number;
}): Generator<MadePerson, void, undefined> {
  const random = seededRandom(options.seed);
  const numbers = testNhsNumbers();
  let made = 0;
  while (made < options.people)
    for (const member of makeHousehold(random)) {
      if (made >= options.people) return;
      yield { id: `P${made}`, ...member, ...(made < numbersInUse && { nhsNumber: numbers.next().value }) };
      made += 1;
    }
}

type Member = Omit<MadePerson, 'id' | 'nhsNumber'>;

function makeHousehold(random: Random): readonly Member[] {
  const heritage = drawHeritage(random);
  const postcode = drawPostcode(random);
  const home = {
    heritage,
    postcode,
    addressLine: drawAddressLine(postcode, random),
    family: drawFamilyName(heritage, random),
  };
  const eldest = lastYear - 18 - Math.floor(random() ** 1.3 * 75);
  const first = makeMember(home, random() < 0.5 ? 'male' : 'female', eldest, random);
  // One household in three is one person; couples share a family name four times in five.
  if (random() < 0.33) return [first];
  const members = [first];
  const partnerYear = Math.min(lastYear - 18, eldest + Math.floor(random() * 8) - 3);
  const partnerHome = random() < 0.8 ? home : { ...home, family: drawFamilyName(heritage, random) };
  members.push(makeMember(partnerHome, first.gender === 'male' ? 'female' : 'male', partnerYear, random));
  const children = random() < 0.45 ? 0 : 1 + Math.floor(random() * 3);
  for (let child = 0; child < children; child += 1) {
    const year = yearOfChild(eldest, random);
    const gender = random() < 0.5 ? 'male' : 'female';
    const born = makeMember(home, gender, year, random);
    // One son in twenty is named after his father.
    const father = members.find((member) => member.gender === 'male');
    members.push(gender === 'male' && father && random() < 0.05 ? { ...born, given: father.given } : born);
    // Fifteen births in a thousand are twins (Office for National Statistics).
    if (random() < 0.015) {
      const twin = makeMember(home, random() < 0.65 ? gender : otherGender(gender), year, random);
      members.push({ ...twin, birthDate: born.birthDate });
    }
  }
  return members;
}

/** A child of a couple; one that would not be born yet is of any age up to 25. */
function yearOfChild(eldest: number, random: Random): number {
  const year = eldest + 22 + Math.floor(random() * 16);
  return year <= lastYear ? year : lastYear - Math.floor(random() * 25);
}

function otherGender(gender: 'male' | 'female'): 'male' | 'female' {
  return gender === 'male' ? 'female' : 'male';
}

function makeMember(
  home: Pick<Member, 'heritage' | 'family' | 'postcode' | 'addressLine'>,
  gender: 'male' | 'female',
  birthYear: number,
  random: Random,
): Member {
  const { heritage } = home;
  const given = drawGivenName(heritage, gender, birthYear, random);
  const middle = random() < 0.6 ? drawGivenName(heritage, gender, birthYear, random) : undefined;
  const phone =
    random() < 0.7 ? `07700 9${String(Math.floor(random() * 100_000)).padStart(5, '0')}` : undefined;
  const email = random() < 0.4 ? mailOf(given, home.family, birthYear) : undefined;
  return {
    ...home,
    gender,
    given,
    birthDate: drawBirthDate(birthYear, random),
    ...(middle !== undefined && middle !== given && { middle }),
    ...(phone !== undefined && { phone }),
    ...(email !== undefined && { email }),
  };
}

function mailOf(given: string, family: string, birthYear: number): string {
  return `${given}.${family}${birthYear % 100}@mail.example`.toLowerCase().replaceAll("'", '');
}

function drawBirthDate(year: number, random: Random): string {
  // Where the day is not known, 1 January is written down.
  const day = random() < 0.007 ? 0 : Math.floor(random() * 365);
  return new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10);
}
