import type { Random } from '../../local/demo/random.ts';

/** Names of one kind in the order of their frequency, those past the list made of syllables. */
interface NameLaw {
  readonly listed: readonly string[];
  /** Names in use, listed or not. */
  readonly count: number;
  /** Share of a rank falls with (rank + offset) to this power. */
  readonly exponent: number;
  readonly offset: number;
}

/** A rank from 0 by the Zipf–Mandelbrot law, by inverting its (continuous) distribution. */
function drawRank({ count, exponent, offset }: NameLaw, random: Random): number {
  const power = 1 - exponent;
  const from = (offset + 0.5) ** power;
  const to = (count + offset + 0.5) ** power;
  const rank = (from + random() * (to - from)) ** (1 / power) - offset - 0.5;
  return Math.min(count - 1, Math.max(0, Math.floor(rank)));
}

const starts = 'b br c ch d dr f fl g gr h j k l m n p pr r s st t th tr v w wh y'.split(' ');
const vowels = 'a e i o u ai ea ee oo ou'.split(' ');
const middles = 'ck d ld ll m mb n nd ng r rd rn s st t tt v x'.split(' ');
const ends = 'by den er ett ford ham ick ley man ridge son stead ter ton well wood worth y'.split(' ');

/** The name of a rank that no list reaches: different for different ranks, the same in every run. */
function composeName(rank: number): string {
  let left = rank;
  const take = (parts: readonly string[]) => {
    const part = parts[left % parts.length] ?? '';
    left = Math.floor(left / parts.length);
    return part;
  };
  const end = take(ends);
  let name = take(starts) + take(vowels) + take(middles);
  while (left > 0) name += take(vowels) + take(middles);
  const whole = name + end;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}

function drawName(law: NameLaw, random: Random): string {
  const rank = drawRank(law, random);
  return law.listed[rank] ?? composeName(rank);
}

const list = (names: string) => names.trim().split(/\s+/);

const familyNames: NameLaw = {
  count: 400_000,
  exponent: 0.9,
  offset: 3,
  listed: list(`
    Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson Wright Walker White
    Edwards Hughes Green Hall Lewis Harris Clarke Patel Jackson Wood Turner Martin Cooper Hill Ward Morris Moore Clark
    Lee King Baker Harrison Morgan Allen James Scott Phillips Watson Davis Parker Price Bennett Young Griffiths Mitchell
    Kelly Cook Carter Richardson Bailey Collins Bell Shaw Murphy Miller Cox Richards Marshall Anderson Simpson Ellis
    Adams Begum Wilkinson Ahmed Foster Chapman Powell Webb Rogers Gray Mason Ali Hunt Hussain Campbell Matthews Owen
    Palmer Holmes Mills Barnes Knight Lloyd Butler Russell Barker Fisher Stevens Jenkins Murray Dixon Harvey Graham
    Pearson Ford Kaur Khan Fletcher Howard Andrews Reynolds Elliott Fox Saunders Payne Day Walsh Stewart Pearce
    West Lawrence Atkinson Gibson Brooks Burton Spencer Hart Cole Johnston Rose Hudson Webster Lawson Newman Reid
    Gordon Dawson Francis Perry Grant Wells Ross Kennedy Singh O'Brien Nicholson Lane Hawkins Watts Armstrong`),
};

/** Family and given names that go together in families of South Asian heritage, where few names serve many people. */
const southAsian = {
  family: {
    count: 4000,
    exponent: 1.05,
    offset: 3,
    listed: list(`
      Khan Patel Hussain Begum Ahmed Ali Singh Kaur Miah Shah Akhtar Mahmood Rahman Islam Malik Iqbal Bibi Chowdhury
      Uddin Sharma Mohammed Mistry Gill Kumar Sandhu Dhillon Sidhu Choudhury Hussein Khatun Qureshi Mirza Bhatti`),
  },
  male: {
    count: 1500,
    exponent: 1.15,
    offset: 1,
    listed: list(`
      Mohammed Muhammad Mohammad Abdul Ali Imran Ahmed Hassan Usman Hamza Amir Bilal Tariq Omar Yusuf Ibrahim Adam
      Gurpreet Harpreet Rajesh Sanjay Amit Vijay Ravi Sunil Deepak Anil Kamran Zahid Nadeem Khalid Rashid`),
  },
  female: {
    count: 1500,
    exponent: 1.1,
    offset: 2,
    listed: list(`
      Fatima Aisha Mohammed Nasreen Shazia Samina Rukhsana Maryam Zainab Khadija Amina Saima Farzana Shabana Parveen
      Priya Anita Sunita Meena Manjit Harjit Jaswinder Nisha Pooja Kiran Sana Hafsa Sumaya Noreen Yasmin`),
  },
} as const satisfies Record<string, NameLaw>;

const given = (count: number, listed: string): NameLaw => ({
  count,
  exponent: 1.1,
  offset: 6,
  listed: list(listed),
});

/** Given names by the last year of birth in which they were the fashion. */
const generations = [
  {
    until: 1945,
    male: given(
      2500,
      `John William George James Ronald Robert Kenneth Frederick Thomas Albert Eric Edward Arthur Charles Leslie Sidney Frank
       Peter Dennis Joseph Alan Stanley Ernest Harold Norman Raymond Leonard Alfred Harry Donald Reginald Roy Derek Henry
       Geoffrey David Gordon Herbert Walter Cyril Jack Richard Douglas Maurice Bernard Gerald Brian Victor Wilfred Francis`,
    ),
    female: given(
      2500,
      `Margaret Mary Joan Joyce Dorothy Kathleen Doris Irene Betty Eileen Doreen Lilian Vera Jean Marjorie Barbara Edna Gladys
       Audrey Elsie Florence Hilda Winifred Olive Violet Elizabeth Edith Ivy Sheila Patricia Sylvia Phyllis Ethel Iris June
       Annie Muriel Beryl Nora Freda Ellen Alice Gwendoline Rose Marion Sheila Pamela Constance Peggy Rita`,
    ),
  },
  {
    until: 1970,
    male: given(
      3000,
      `David John Peter Michael Alan Robert Stephen Paul Brian Graham Philip Anthony Colin Christopher Geoffrey William James
       Keith Terence Barry Malcolm Richard Ian Derek Roger Raymond Kenneth Andrew Trevor Martin Kevin Ronald Leslie Charles
       George Thomas Nigel Stuart Edward Gordon Roy Dennis Neil Laurence Clive Eric Frederick Patrick Robin Donald`,
    ),
    female: given(
      3000,
      `Susan Margaret Christine Patricia Mary Linda Jean Ann Elizabeth Janet Jacqueline Carol Barbara Sandra Judith Pauline
       Anne Marion Maureen Valerie Sheila Kathleen Gillian Jennifer Jane Lesley Hilary Julie Diane Angela Deborah Helen
       Karen Brenda Wendy Marilyn Joan Catherine Eileen Rosemary Heather Joyce Frances Denise Sally Shirley Teresa Lynn`,
    ),
  },
  {
    until: 1995,
    male: given(
      4000,
      `Christopher James David Daniel Michael Matthew Andrew Richard Paul Mark Thomas Adam Robert John Lee Benjamin Steven
       Jonathan Craig Stephen Simon Nicholas Peter Anthony Alexander Gary Ian Ryan Darren Barry Joseph Luke Stuart Jamie
       Philip Neil Kevin Martin Samuel William Gareth Scott Edward Dean Jason Ashley Carl Karl Sean Nathan`,
    ),
    female: given(
      4000,
      `Sarah Claire Emma Laura Rebecca Gemma Rachel Kelly Victoria Katherine Lisa Nicola Jennifer Natalie Michelle Samantha
       Louise Amy Hannah Katie Charlotte Stephanie Joanne Lauren Jessica Helen Danielle Zoe Amanda Melissa Kerry Karen Donna
       Leanne Tracey Elizabeth Kate Catherine Kirsty Lucy Angela Hayley Lindsay Alison Natasha Rachael Alexandra Cheryl`,
    ),
  },
  {
    until: 2100,
    male: given(
      8000,
      `Oliver Jack Harry George Noah Thomas James Jacob Charlie William Joshua Daniel Muhammad Leo Alfie Oscar Archie Samuel
       Joseph Ethan Max Benjamin Alexander Isaac Lucas Henry Logan Freddie Theo Arthur Edward Adam Luke Matthew Callum
       Jake Connor Liam Ryan Nathan Dylan Lewis Cameron Jamie Tyler Harvey Toby Finley Riley Mason`,
    ),
    female: given(
      8000,
      `Olivia Amelia Emily Isla Ava Jessica Isabella Lily Ella Mia Sophie Charlotte Grace Poppy Chloe Freya Ivy Evie Alice
       Ruby Sophia Daisy Florence Lucy Phoebe Millie Megan Hannah Holly Molly Eleanor Rosie Imogen Erin Abigail Lauren Leah
       Georgia Amber Bethany Caitlin Elizabeth Ellie Maisie Matilda Katie Niamh Jasmine Summer Zara`,
    ),
  },
] as const;

/** Share of families that take their names from the South Asian lists (census of 2021, England and Wales: about 8 %). */
const southAsianShare = 0.08;

/** Where a household's names come from. */
export type Heritage = 'general' | 'south-asian';

export function drawHeritage(random: Random): Heritage {
  return random() < southAsianShare ? 'south-asian' : 'general';
}

export function drawFamilyName(heritage: Heritage, random: Random): string {
  return drawName(heritage === 'general' ? familyNames : southAsian.family, random);
}

export function drawGivenName(
  heritage: Heritage,
  gender: 'male' | 'female',
  birthYear: number,
  random: Random,
): string {
  if (heritage === 'south-asian') return drawName(southAsian[gender], random);
  // A name outlives its fashion: one in seven is of another generation.
  const year = random() < 0.14 ? birthYear + (random() < 0.5 ? -25 : 25) : birthYear;
  const generation = generations.find(({ until }) => year <= until) ?? generations[0];
  return drawName(generation[gender], random);
}
