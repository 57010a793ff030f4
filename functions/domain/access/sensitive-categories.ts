/** The labels of the categories of sensitive entries: HL7 v3 ActCode where that has one. What they hold is in sensitive-codes.ts. */
export const sensitiveLabelNames = [
  'HIV',
  'STD',
  'TERMINATION-OF-PREGNANCY',
  'ASSISTED-FERTILISATION',
  'GENDER-REASSIGNMENT',
] as const;

/** See {@link sensitiveLabelNames}. */
export type SensitiveLabel = (typeof sensitiveLabelNames)[number];
