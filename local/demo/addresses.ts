import { between, pick, type Random } from './random.ts';

/** A made-up home. */
export interface Home {
  readonly line: string;
  readonly town: string;
  readonly postcode: string;
}

const streets: readonly [string, ...string[]] = [
  'Towpath Walk',
  'Lock Keeper’s Row',
  'Narrowboat Street',
  'Winding Hole Road',
  'Basin Approach',
  'Tumbling Bay Lane',
  'Pound Lock Terrace',
  'Coal Barge Yard',
  'Sluice Gardens',
  'Aqueduct Avenue',
];

const districts: readonly [string, ...string[]] = [
  'E1',
  'E2',
  'E3',
  'E8',
  'E9',
  'E14',
  'E15',
  'N1',
  'NW1',
  'W2',
  'W10',
];

/** Letters of the inward part of a postcode: C, I, K, M, O and V are never used there. */
const inwardLetters = 'ABDEFGHJLNPQRSTUWXYZ';

/** A home of made-up street; the postcode has the shape of one, whether or not it is in use. */
export function makeHome(random: Random): Home {
  const letter = () => inwardLetters.charAt(between(random, 0, inwardLetters.length - 1));
  return {
    line: `${between(random, 1, 180)} ${pick(random, streets)}`,
    town: 'London',
    postcode: `${pick(random, districts)} ${between(random, 1, 9)}${letter()}${letter()}`,
  };
}
