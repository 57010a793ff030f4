import { type Home, makeHome } from './addresses.ts';
import { namePools } from './names.ts';
import { between, chance, pick, type Random } from './random.ts';

/** One made-up person, as they would describe themselves. */
export interface DemoPerson {
  /** Of the test range, with a valid check digit. */
  readonly nhsNumber: string;
  readonly given: readonly [string, ...string[]];
  readonly family: string;
  readonly gender: 'female' | 'male';
  /** `YYYY-MM-DD`. */
  readonly birthDate: string;
  readonly home: Home;
  /** No telephone of Ofcom's drama range rings. */
  readonly phone: string;
}

/** Makes one person who was between no and 95 years old at the end of `year`. */
export function makePerson(random: Random, nhsNumber: string, year: number): DemoPerson {
  const pool = pick(random, namePools);
  const gender = chance(random, 0.5) ? 'female' : 'male';
  const first = pick(random, pool[gender]);
  const second = pick(random, pool[gender]);
  const hasSecond = second !== first && chance(random, 0.3);
  return {
    nhsNumber,
    given: hasSecond ? [first, second] : [first],
    family: pick(random, pool.family),
    gender,
    birthDate: [
      // Two draws make the middle ages the most frequent.
      year - Math.floor((between(random, 0, 95) + between(random, 0, 95)) / 2),
      String(between(random, 1, 12)).padStart(2, '0'),
      String(between(random, 1, 28)).padStart(2, '0'),
    ].join('-'),
    home: makeHome(random),
    phone: `07700 900${String(between(random, 0, 999)).padStart(3, '0')}`,
  };
}

/** Whole years of age at the end of `year`: enough to choose what fits. */
export function ageIn(year: number, { birthDate }: Pick<DemoPerson, 'birthDate'>): number {
  return year - Number(birthDate.slice(0, 4));
}
