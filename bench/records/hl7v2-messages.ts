import type { MadePerson } from '../people/population.ts';

/** A message of HL7 v2 and what it is. */
export interface MadeMessage {
  readonly event: string;
  readonly text: string;
}

const tests = [
  'HB^Haemoglobin',
  'WBC^White cells',
  'PLT^Platelets',
  'NA^Sodium',
  'K^Potassium',
  'UREA^Urea',
  'CREA^Creatinine',
  'CRP^C-reactive protein',
];

/** The file of a letter; under 8 KB, so that it stays in its entry. */
const letter = Buffer.from(`%PDF-1.4\n${'Made-up letter. '.repeat(350)}`).toString('base64');

/**
 * A stay of one made-up person as a trust's systems tell it, in its order: ten messages, six of the patient administration,
 * three of the laboratory (eight results each, the last a correction), one letter.
 */
export function stayMessages(person: MadePerson, organisation: string, start: Date): MadeMessage[] {
  const { addressLine, birthDate, family, gender, given, id, nhsNumber, postcode } = person;
  const number = nhsNumber ? `~${nhsNumber}^^^NHS^NH` : '';
  const pid = segment('PID', {
    3: `${id}^^^${organisation}^MR${number}`,
    5: `${family}^${given}`,
    7: birthDate.replaceAll('-', ''),
    8: gender === 'male' ? '1' : '2',
    11: `${addressLine}^^^^${postcode}^^H`,
    32: 'NSTS01',
  });
  let minute = 0;
  const message = (event: string, ...segments: readonly string[]): MadeMessage => {
    minute += 1;
    const at = stamp(new Date(start.getTime() + minute * 60_000));
    const msh = `MSH|^~\\&|BENCH|${organisation}|TOWPATH|REGION|${at}||${event}|${id}-${minute}|P|2.4`;
    return { event, text: `${[msh, pid, ...segments].join('\r')}\r` };
  };
  const pv1 = (fields: Record<number, string>) => segment('PV1', { 2: 'I', 19: `V${id}`, ...fields });
  const results = (order: string, status: string) => [
    segment('OBR', { 3: `${id}-${order}`, 4: 'FBC^Full blood count', 7: stamp(start), 24: 'HM', 25: status }),
    ...tests.map((code, index) =>
      segment('OBX', { 2: 'NM', 3: code, 5: String(index + 3.5), 6: 'mmol/L', 7: '3.5-5.3', 11: status }),
    ),
  ];
  const admitted = stamp(start);
  return [
    message('ADT^A28'),
    message('ADT^A01', pv1({ 3: 'HERON^BAY 1', 44: admitted })),
    message('ORU^R01', ...results('1', 'F')),
    message('ADT^A08', pv1({})),
    message('ORU^R01', ...results('2', 'P')),
    message('ADT^A02', pv1({ 3: 'GREBE^BAY 2' })),
    message('ORU^R01', ...results('2', 'C')),
    message('ADT^A03', pv1({ 44: admitted, 45: stamp(new Date(start.getTime() + 86_400_000)) })),
    message(
      'MDM^T02',
      segment('TXA', { 2: 'DS^Discharge summary', 4: admitted, 12: `D${id}`, 17: 'AU' }),
      segment('OBX', { 2: 'ED', 3: 'DS^Discharge summary', 5: `^application^PDF^Base64^${letter}`, 11: 'F' }),
    ),
    message('ADT^A31'),
  ];
}

function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number));
  return [name, ...Array.from({ length: last }, (_, index) => fields[index + 1] ?? '')].join('|');
}

function stamp(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}+0000`;
}
