import { type SectionCode, sectionCodes } from './section-codes.ts';
import { sections } from './sections.ts';

/** The FHIR types that entries of the record have, in alphabetical order. Patient is the person and no entry. */
export const recordTypes: readonly string[] = [
  ...new Set(sectionCodes.flatMap((section) => sections[section].resourceTypes)),
]
  .filter((type) => type !== 'Patient')
  .toSorted();

/** The sections in which entries of the type can stand. */
export function sectionsOfType(resourceType: string): SectionCode[] {
  return sectionCodes.filter((section) => sections[section].resourceTypes.includes(resourceType));
}
