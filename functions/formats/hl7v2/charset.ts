import type { Hl7Result } from './issue.ts';

/** What MSH-18 may say (HL7 v2.4 table 0211), and what senders write in its place. */
const decoders: Readonly<Record<string, 'utf-8' | 'windows-1252' | 'ascii'>> = {
  '': 'utf-8',
  ASCII: 'ascii',
  '8859/1': 'windows-1252',
  'ISO-8859-1': 'windows-1252',
  UNICODE: 'utf-8',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
};

const utf8 = new TextDecoder('utf-8', { fatal: true });
// As the web has it, 8859/1 is its superset: the quotes of a Windows system are no control characters.
const western = new TextDecoder('windows-1252');

/** The text of a message's bytes in the character set that its own MSH-18 names; blank is UTF-8, and nothing is guessed. */
export function decodeMessage(bytes: Uint8Array): Hl7Result<string> {
  const end = bytes.findIndex((byte) => byte === 0x0d || byte === 0x0a);
  const header = Buffer.from(bytes.subarray(0, end === -1 ? bytes.length : end)).toString('latin1');
  // MSH-1 is the separator itself: MSH-18 is the 18th part, counted from 1.
  const start = header.indexOf('MSH');
  const named = start === -1 ? '' : (header.slice(start).split(header[start + 3] ?? '|')[17] ?? '');
  const repetition = header[start + 5] ?? '~';
  const decoder = decoders[(named.split(repetition)[0] ?? '').trim().toUpperCase()];
  if (decoder === undefined) return refused('103', 'names a character set that is not taken here');
  if (decoder === 'windows-1252') return { ok: true, value: western.decode(bytes) };
  if (decoder === 'ascii' && bytes.some((byte) => byte > 0x7f))
    return refused('102', 'says ASCII, and the message is not');
  try {
    const text = utf8.decode(bytes);
    // A gateway that read other bytes as UTF-8 leaves this character.
    if (!text.includes('\uFFFD')) return { ok: true, value: text };
  } catch {
    // Refused below.
  }
  return refused('102', 'does not name the character set of the message, which is not UTF-8');
}

function refused(condition: '102' | '103', text: string): Hl7Result<string> {
  return { ok: false, issues: [{ segment: 'MSH', sequence: 1, field: 18, condition, text }] };
}
