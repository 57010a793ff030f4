import { Hl7Message, type Hl7Segment } from '@medplum/core';
import { type Separators, unescapeText } from './escape.ts';
import { type Header, readHeader } from './header.ts';
import type { ErrorCondition, Hl7Issue, Hl7Result } from './issue.ts';

/** One repetition of a field: a component, or one of its parts, as plain text; undefined where it is blank or `""`. */
export interface Repetition {
  (component: number, subcomponent?: number): string | undefined;
  /** The whole repetition as plain text: text fields hold separators that nobody escaped. */
  readonly text: () => string;
  /** Its first component is `""`: what was said before is to be taken away. */
  readonly isDeleted: boolean;
}

/** A field as its sender means it: blank leaves what is known, `""` takes it away (HL7 v2.4 chapter 2, "Message construction rules"). */
export interface Field {
  readonly state: 'blank' | 'deleted' | 'said';
  readonly repetitions: readonly Repetition[];
  /** Plain text of the first repetition's first component. */
  readonly value: string | undefined;
}

/** A segment of a message. */
export interface Segment {
  readonly name: string;
  /** Which of that name, 1 for the first. */
  readonly sequence: number;
  readonly field: (index: number) => Field;
}

/** A message that could be taken apart. */
export interface OpenedMessage {
  readonly header: Header;
  readonly segments: readonly Segment[];
}

/** More segments, and more repetitions and components of one segment, than any message of the events that are taken has. */
const maximumSegments = 1000;
const maximumParts = 5000;

const deleted = '""';

/** Takes a message apart into segments. It says what is wrong where a line is none, a header is missing or stands twice. */
export function openMessage(text: string): Hl7Result<OpenedMessage> {
  const header = readHeader(text);
  if (!header)
    return refused(
      'MSH',
      1,
      text.startsWith('MSH') ? 2 : 0,
      '100',
      'is missing, or its separators are not five different signs',
    );
  const parsed = Hl7Message.parse(text).segments;
  if (parsed.length > maximumSegments) return refused('MSH', 1, 0, '207', 'has more segments than are taken');
  const parting = new RegExp(`[\\${header.separators.repetition}\\${header.separators.component}]`, 'g');
  const counts = new Map<string, number>();
  const segments: Segment[] = [];
  for (const segment of parsed) {
    const { name } = segment;
    if (name.trim() === '') continue;
    if (!/^[A-Z][A-Z0-9]{2}$/.test(name)) {
      const before = segments.at(-1);
      return refused(
        before?.name ?? 'MSH',
        before?.sequence ?? 1,
        0,
        '100',
        'is followed by a line that is no segment',
      );
    }
    const sequence = (counts.get(name) ?? 0) + 1;
    if ((segment.toString().match(parting)?.length ?? 0) > maximumParts)
      return refused(name, sequence, 0, '207', 'has more parts than are taken');
    counts.set(name, sequence);
    segments.push({ name, sequence, field: (index) => readField(segment, index, header.separators) });
  }
  if (counts.get('MSH') !== 1) return refused('MSH', 2, 0, '100', 'stands twice: one message at a time');
  return { ok: true, value: { header, segments } };
}

const blank: Field = { state: 'blank', repetitions: [], value: undefined };

function readField(segment: Hl7Segment, index: number, separators: Separators): Field {
  const raw: string = segment.getField(index)?.toString() ?? '';
  if (raw.trim() === '') return blank;
  if (raw.trim() === deleted) return { state: 'deleted', repetitions: [], value: undefined };
  const repetitions = raw.split(separators.repetition).map((part) => readRepetition(part, separators));
  return { state: 'said', repetitions, value: repetitions[0]?.(1) };
}

function readRepetition(raw: string, separators: Separators): Repetition {
  const components = raw.split(separators.component);
  const plain = (text: string) => {
    const value = unescapeText(text, separators).trim();
    return value === '' || value === deleted ? undefined : value;
  };
  const read = (component: number, subcomponent?: number) => {
    const text = components[component - 1] ?? '';
    return plain(
      subcomponent === undefined ? text : (text.split(separators.subcomponent)[subcomponent - 1] ?? ''),
    );
  };
  return Object.assign(read, {
    text: () => unescapeText(raw, separators),
    isDeleted: components[0]?.trim() === deleted,
  });
}

function refused(
  segment: string,
  sequence: number,
  field: number,
  condition: ErrorCondition,
  text: string,
): { readonly ok: false; readonly issues: readonly Hl7Issue[] } {
  return { ok: false, issues: [{ segment, sequence, field, condition, text }] };
}
