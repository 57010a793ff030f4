/** HL7 v2.4 table 0357, message error condition codes: those that this region gives. */
export const errorConditions = {
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '206': 'Application record locked',
  '207': 'Application internal error',
} as const;

/** A code of {@link errorConditions}. */
export type ErrorCondition = keyof typeof errorConditions;

/** What is wrong with a message: a place and static words, never a value of the sender. */
export interface Hl7Issue {
  readonly segment: string;
  /** Which segment of that name, 1 for the first. */
  readonly sequence: number;
  /** 0 for the segment as a whole. */
  readonly field: number;
  readonly condition: ErrorCondition;
  readonly text: string;
}

/** What was read, or what stands in the way. */
export type Hl7Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly issues: readonly Hl7Issue[] };

/** The issue in words: `PID-7: must be a real date`. */
export function describeIssue({ field, segment, sequence, text }: Hl7Issue): string {
  return `${segment}${sequence > 1 ? `[${sequence}]` : ''}${field > 0 ? `-${field}` : ''}: ${text}`;
}
