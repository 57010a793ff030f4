/** The characters that part a message, as its MSH-1 and MSH-2 say. */
export interface Separators {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escaping: string;
  readonly subcomponent: string;
}

/** The separators that HL7 recommends. */
export const usualSeparators: Separators = {
  field: '|',
  component: '^',
  repetition: '~',
  escaping: '\\',
  subcomponent: '&',
};

/** Formatting commands of FT text that end a line (HL7 v2.4 chapter 2, "Formatted text"). */
const lineCommand = /^\.(?:br|sp\d*|ce|fi|nf)$/;

/**
 * Takes escape sequences out of a value (HL7 v2.4 chapter 2, "Use of escape sequences in text fields"): separators, `\X..\`
 * as bytes of UTF-8, formatting commands as line ends or nothing. What is no sequence stays as it is.
 */
export function unescapeText(text: string, separators: Separators): string {
  const { escaping } = separators;
  if (!text.includes(escaping)) return text;
  let plain = '';
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf(escaping, at);
    const end = start === -1 ? -1 : text.indexOf(escaping, start + 1);
    if (end === -1) return plain + text.slice(at);
    const meaning = meaningOf(text.slice(start + 1, end), separators);
    plain += text.slice(at, start);
    if (meaning === undefined) {
      // The second character may begin a sequence of its own.
      plain += text.slice(start, end);
      at = end;
    } else {
      plain += meaning;
      at = end + 1;
    }
  }
  return plain;
}

function meaningOf(sequence: string, separators: Separators): string | undefined {
  switch (sequence) {
    case 'F':
      return separators.field;
    case 'S':
      return separators.component;
    case 'T':
      return separators.subcomponent;
    case 'R':
      return separators.repetition;
    case 'E':
      return separators.escaping;
    case 'H':
    case 'N':
      return '';
  }
  if (sequence.startsWith('.')) {
    if (lineCommand.test(sequence)) return '\n';
    return /^\.(?:in|ti|sk)[+-]?\d*$/.test(sequence) ? ' ' : undefined;
  }
  if (!sequence.startsWith('X')) return undefined;
  const hex = /^X((?:[0-9A-Fa-f]{2})+)$/.exec(sequence)?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex').toString('utf8').replaceAll(/\r\n?/g, '\n');
}

/** Writes a text so that {@link unescapeText} gives it back: separators, escapes and control characters are escaped. */
export function escapeText(text: string, separators: Separators): string {
  const { component, escaping, field, repetition, subcomponent } = separators;
  const codes = new Map([
    [field, 'F'],
    [component, 'S'],
    [subcomponent, 'T'],
    [repetition, 'R'],
    [escaping, 'E'],
    ['\n', '.br'],
  ]);
  let escaped = '';
  for (const character of text) {
    const code = codes.get(character);
    if (code !== undefined) escaped += `${escaping}${code}${escaping}`;
    else if (character < ' ') escaped += `${escaping}X${Buffer.from(character).toString('hex')}${escaping}`;
    else escaped += character;
  }
  return escaped;
}
