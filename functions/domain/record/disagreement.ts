import { compareAllergies } from './compare-allergies.ts';
import { compareMedicines } from './compare-medicines.ts';
import type { SectionCode } from './section-codes.ts';
import type { FiledResource } from './section-of.ts';

/** One entry that the caller may see, as its source states it. */
export interface Statement {
  readonly ods: string;
  /** `Type/id` under the entry's opaque id. */
  readonly reference: string;
  /** As clinical-date.ts makes it. */
  readonly date: string;
  readonly resource: FiledResource;
}

/** In what organisations differ. */
export type DisagreementKind =
  /** One says that there is none, another records one. */
  | 'none-known-but-recorded'
  /** Active with one; stopped, resolved or refuted with another. */
  | 'status-differs'
  /** Active with both, in another strength or dose. */
  | 'dose-differs'
  /** Of high risk with one, of low risk with another. */
  | 'criticality-differs';

/** What organisations say differently about one allergy or one medicine. */
export interface Disagreement {
  readonly kind: DisagreementKind;
  /** What it is about, in the words of a source. */
  readonly about: string;
  /** At least two, each of another organisation, in the order of their codes. */
  readonly sides: readonly {
    readonly ods: string;
    readonly says: string;
    readonly references: readonly string[];
  }[];
}

const comparisons: Partial<Record<SectionCode, (statements: readonly Statement[]) => Disagreement[]>> = {
  allergies: compareAllergies,
  medications: compareMedicines,
};

/** True for a section whose entries are compared between organisations. */
export function isCompared(section: SectionCode): boolean {
  return section in comparisons;
}

/**
 * Where organisations differ on a current allergy or medicine, whatever the order of the statements. What only one of them
 * records is no difference: another may never have been asked. No organisation differs with itself.
 */
export function findDisagreements(section: SectionCode, statements: readonly Statement[]): Disagreement[] {
  const placeOf = ({ date, ods, reference }: Statement) => `${ods} ${date} ${reference}`;
  return comparisons[section]?.(statements.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))) ?? [];
}
