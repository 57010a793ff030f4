import type { Separators } from './escape.ts';

/** What the header of a message says; texts that an acknowledgement repeats are as sent, with their escapes. */
export interface Header {
  readonly separators: Separators;
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  readonly messageType: string;
  readonly event: string;
  readonly structure: string;
  readonly controlId: string;
  readonly processingId: string;
  readonly version: string;
  readonly characterSet: string;
}

/** What transports put around a message: a byte order mark, the frame characters of MLLP, blanks and line ends. */
const wrapping = new Set(['\uFEFF', '\u000B', '\u001C', ' ', '\t', '\r', '\n']);

/** The message without what transports put around it. */
export function trimMessage(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && wrapping.has(text.charAt(start))) start += 1;
  while (end > start && wrapping.has(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** The header alone, for an acknowledgement of a message that is not taken; undefined where there is none. */
export function readHeader(text: string): Header | undefined {
  const separators = separatorsOf(text);
  if (!separators) return undefined;
  const [line = ''] = text.split(/[\r\n]/, 1);
  const fields = line.split(separators.field);
  const raw = (index: number) => fields[index - 1] ?? '';
  const [messageType = '', event = '', structure = ''] = raw(9).split(separators.component);
  return {
    separators,
    sendingApplication: raw(3),
    sendingFacility: raw(4),
    receivingApplication: raw(5),
    receivingFacility: raw(6),
    messageType,
    event,
    structure,
    controlId: raw(10),
    processingId: raw(11),
    version: raw(12).split(separators.component)[0] ?? '',
    characterSet: raw(18),
  };
}

/** MSH-1 and MSH-2: five characters that differ, none of them a letter, a digit, a space or a control character. */
function separatorsOf(text: string): Separators | undefined {
  if (!text.startsWith('MSH')) return undefined;
  const [field = '', component = '', repetition = '', escaping = '', subcomponent = ''] = text.slice(3, 8);
  const all = [field, component, repetition, escaping, subcomponent];
  const areFit = all.every((one) => /^[!-/:-@[-`{-~]$/.test(one)) && new Set(all).size === all.length;
  // Version 2.7 has a sixth, for truncation.
  const rest = text.slice(8, 10);
  return areFit && (rest[0] === field || rest[1] === field)
    ? { field, component, repetition, escaping, subcomponent }
    : undefined;
}
