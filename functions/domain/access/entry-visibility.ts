import type { Caller } from './caller.ts';
import type { RegionPolicy } from './region-policy.ts';

/** HL7 v3 Confidentiality codes that an entry may carry and still be shown: unrestricted, low, moderate, normal. */
const openLabels: ReadonlySet<string> = new Set(['U', 'L', 'M', 'N']);

/** The labels that ask for care with an entry. */
export function confidentialLabels(labels: readonly string[]): string[] {
  return labels.filter((label) => !openLabels.has(label));
}

/** The labels with which another organisation's entry is still shown to a role. */
export function shownLabels(
  { sensitiveEntries }: Pick<RegionPolicy, 'sensitiveEntries'>,
  { role }: Pick<Caller, 'role'>,
): string[] {
  const categories = sensitiveEntries.filter(({ shownTo }) => shownTo.includes(role));
  return [...openLabels, ...categories.map(({ category }) => category)];
}

/** What decides whether one entry is shown. */
export interface LabelledEntry {
  readonly ods: string;
  readonly securityLabels: readonly string[];
  readonly enteredInError: boolean;
}

/**
 * `shown`, or why not: `retracted` (entered in error) or `withheld` – a label other than the open ones (restricted, HIV,
 * sexual health …) keeps the entry with the organisation that sent it, and with the roles to which the region shows the
 * category. An unknown label withholds too.
 */
export function entryVisibility(
  { sensitiveEntries }: Pick<RegionPolicy, 'sensitiveEntries'>,
  caller: Caller,
  entry: LabelledEntry,
): 'shown' | 'retracted' | 'withheld' {
  if (entry.enteredInError) return 'retracted';
  if (entry.ods === caller.organisation) return 'shown';
  const shown = shownLabels({ sensitiveEntries }, caller);
  return entry.securityLabels.every((label) => shown.includes(label)) ? 'shown' : 'withheld';
}
