/** A segment by the numbers of its fields. */
export function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(0, ...Object.keys(fields).map(Number));
  return [name, ...Array.from({ length: last }, (_, index) => fields[index + 1] ?? '')].join('|');
}

/** What a test says of a header. */
export interface MadeHeader {
  readonly event?: string;
  readonly controlId?: string;
  readonly sentAt?: string;
  readonly facility?: string;
  readonly version?: string;
  readonly characterSet?: string;
}

/** MSH of the test trust T9A. */
export function msh(made: MadeHeader = {}): string {
  const { controlId = 'C1', event = 'ADT^A28', facility = 'T9A', sentAt = '20261120093000' } = made;
  const fields = [
    'PAS',
    facility,
    'TOWPATH',
    'REGION',
    sentAt,
    '',
    event,
    controlId,
    'P',
    made.version ?? '2.4',
  ];
  const rest = made.characterSet === undefined ? [] : ['', '', '', '', '', made.characterSet];
  return ['MSH', '^~\\&', ...fields, ...rest].join('|');
}

interface MadePid {
  readonly localId?: string;
  readonly nhsNumber?: string;
  readonly status?: string;
  readonly fields?: Readonly<Record<number, string>>;
}

/** PID of Marian Lockwood unless told otherwise. */
export function pid({ fields = {}, localId = 'H1', nhsNumber, status }: MadePid = {}): string {
  return segment('PID', {
    3: `${localId}^^^T9A^MR${nhsNumber ? `~${nhsNumber}^^^NHS^NH` : ''}`,
    5: 'Lockwood^Marian',
    7: '19710309',
    8: '2',
    11: '^^^^E2 8AA',
    ...(status && { 32: status }),
    ...fields,
  });
}

/** The text of a message. */
export function message(...segments: readonly string[]): string {
  return `${segments.join('\r')}\r`;
}
