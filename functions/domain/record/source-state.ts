/**
 * What the caller is told of one organisation in one section. Four kinds of empty: `none-recorded`; `unavailable` (it could
 * not be read now); `withheld` (or nothing: see {@link stateSources}); `not-shared` by its organisation. `none-known` is not
 * empty: the organisation says that there is none.
 */
export type SourceState =
  | 'recorded'
  | 'none-known'
  | 'none-recorded'
  | 'unavailable'
  | 'withheld'
  | 'not-shared';

/** What was found in one source record of one section. */
export interface SourceFinding {
  readonly ods: string;
  readonly found: 'shown' | 'none-known' | 'nothing' | 'hidden' | 'silent' | 'withheld' | 'not-shared';
}

/** The most telling first: what is found in one record of an organisation is true of the organisation. */
const byWeight: readonly SourceFinding['found'][] = [
  'silent',
  'shown',
  'none-known',
  'withheld',
  'hidden',
  'nothing',
  'not-shared',
];

/**
 * The state of each organisation, in the order of the findings. Where anything of the section is withheld, every
 * organisation that shows nothing is `withheld`: whose it is, or that it is one of them, is nobody's to know. One whose data
 * the patient wants kept back is not there at all: its name alone can be a diagnosis.
 */
export function stateSources(
  findings: readonly SourceFinding[],
  isAnythingWithheld: boolean,
): Map<string, SourceState> {
  const found = new Map<string, SourceFinding['found']>();
  for (const finding of findings) {
    const before = found.get(finding.ods);
    if (!before || byWeight.indexOf(finding.found) < byWeight.indexOf(before))
      found.set(finding.ods, finding.found);
  }
  const somethingWithheld =
    isAnythingWithheld || findings.some((one) => one.found === 'hidden' || one.found === 'withheld');
  const states: Readonly<Record<SourceFinding['found'], SourceState>> = {
    silent: 'unavailable',
    shown: 'recorded',
    'none-known': 'none-known',
    'not-shared': 'not-shared',
    // Taken out below.
    withheld: 'withheld',
    hidden: 'withheld',
    nothing: somethingWithheld ? 'withheld' : 'none-recorded',
  };
  const named = [...found].filter(([, one]) => one !== 'withheld');
  return new Map(named.map(([ods, one]) => [ods, states[one]]));
}
