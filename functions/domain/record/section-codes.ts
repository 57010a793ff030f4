/** The section codes of the outside contract, in display order. */
export const sectionCodes = [
  'demographics',
  'teams',
  'appointments',
  'conditions',
  'medications',
  'allergies',
  'alerts',
  'results',
  'imaging',
  'documents',
  'care-plans',
  'community',
  'ambulance',
  'immunisations',
  'procedures',
  'social',
] as const;

/** A section of the record. */
export type SectionCode = (typeof sectionCodes)[number];
