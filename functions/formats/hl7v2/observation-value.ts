import type { Observation, ObservationReferenceRange, Quantity } from 'fhir/r4.js';
import { codeSystemOf, toConcept } from './codes.ts';
import type { Field, Segment } from './message.ts';
import { linesOf, type Reading, report } from './reading.ts';
import { toFhirDateTime, toFhirTime } from './timestamps.ts';

/** The element of an Observation that holds its value. */
export type ObservationValue = Pick<
  Observation,
  | 'valueQuantity'
  | 'valueString'
  | 'valueCodeableConcept'
  | 'valueRange'
  | 'valueRatio'
  | 'valueDateTime'
  | 'valueTime'
>;

/** Types of OBX-2 whose value is text. */
export const textTypes: ReadonlySet<string> = new Set(['ST', 'TX', 'FT']);

const comparators = { '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;

function isComparator(text: string | undefined): text is keyof typeof comparators {
  return text !== undefined && Object.hasOwn(comparators, text);
}

const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;

/** The value of an OBX by its type (OBX-2); a type that is not known, and a date that is none, are reported. */
export function readValue(reading: Reading, obx: Segment): ObservationValue {
  const type = obx.field(2).value?.toUpperCase();
  const field = obx.field(5);
  if (type === undefined && field.state === 'said')
    report(reading, obx, 2, '101', 'names no type of the value');
  if (type === undefined) return {};
  const read = valueReaders[type];
  if (!read) {
    report(reading, obx, 2, '103', 'is no type of value that is taken here');
    return {};
  }
  return field.state === 'said' ? read(reading, obx, field) : {};
}

const readText = (_: Reading, __: Segment, field: Field) => ({ valueString: linesOf(field) });
const readCoded = (_: Reading, __: Segment, field: Field): ObservationValue => {
  const concepts = field.repetitions.map((one) => toConcept(one));
  if (concepts.length > 1)
    return { valueString: concepts.flatMap((one) => one?.text ?? one?.coding?.[0]?.code ?? []).join('; ') };
  return concepts[0] ? { valueCodeableConcept: concepts[0] } : {};
};
const readMoment = (reading: Reading, obx: Segment, { value }: Field): ObservationValue => {
  const valueDateTime = toFhirDateTime(value ?? '');
  if (!valueDateTime) report(reading, obx, 5, '102', 'must be a date of the calendar');
  return valueDateTime ? { valueDateTime } : {};
};

type ValueReader = (reading: Reading, obx: Segment, field: Field) => ObservationValue;

const valueReaders: Readonly<Record<string, ValueReader>> = {
  NM: (_, obx, field) => readNumber(obx, field),
  SN: (_, obx, field) => readStructured(obx, field),
  ST: readText,
  TX: readText,
  FT: readText,
  CE: readCoded,
  CWE: readCoded,
  CNE: readCoded,
  DT: readMoment,
  TS: readMoment,
  TM: (reading, obx, { value }) => {
    const valueTime = toFhirTime(value ?? '');
    if (!valueTime) report(reading, obx, 5, '102', 'must be a time of the day');
    return valueTime ? { valueTime } : {};
  },
};

/** A number that a laboratory sends as a word (`haemolysed`) is kept as the word: it is still the result. */
function readNumber(obx: Segment, field: Field): ObservationValue {
  const text = linesOf(field).trim();
  const [, sign, digits = ''] = /^([<>]=?)?\s*(\S+)$/.exec(text) ?? [];
  const value = toNumber(digits);
  if (value === undefined) return { valueString: text };
  return { valueQuantity: { value, ...(isComparator(sign) && { comparator: sign }), ...unitOf(obx) } };
}

/** SN: comparator ^ number ^ separator ^ number, so `>^100`, `^1^:^128`, `^10^-^20`. */
function readStructured(obx: Segment, field: Field): ObservationValue {
  const [numeric] = field.repetitions;
  if (!numeric) return {};
  const [sign, separator] = [numeric(1), numeric(3)];
  const [first, second] = [toNumber(numeric(2) ?? ''), toNumber(numeric(4) ?? '')];
  const unit = unitOf(obx);
  const quantity = (value: number): Quantity => ({ value, ...unit });
  if (first !== undefined && second !== undefined && (sign === undefined || sign === '=')) {
    if (separator === '-') return { valueRange: { low: quantity(first), high: quantity(second) } };
    if (separator === ':' || separator === '/')
      return { valueRatio: { numerator: quantity(first), denominator: quantity(second) } };
  }
  if (
    first !== undefined &&
    separator === undefined &&
    (sign === undefined || sign === '=' || isComparator(sign))
  )
    return { valueQuantity: { ...quantity(first), ...(isComparator(sign) && { comparator: sign }) } };
  return {
    valueString: [sign, numeric(2), separator, numeric(4)].filter((part) => part !== undefined).join(''),
  };
}

function toNumber(text: string): number | undefined {
  if (!number.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** OBX-6: a code of UCUM only where the sender says so. */
function unitOf(obx: Segment): Pick<Quantity, 'unit' | 'system' | 'code'> {
  const [unit] = obx.field(6).repetitions;
  const [code, display, name] = [unit?.(1), unit?.(2), unit?.(3)];
  const system = codeSystemOf(name);
  const shown = display ?? code;
  return { ...(shown && { unit: shown }), ...(system && code && { system, code }) };
}

/** OBX-7: `3.5-5.3`, `<5`, `>=60`; words stay words. */
export function readReferenceRange(obx: Segment): ObservationReferenceRange[] {
  const text = obx.field(7).repetitions[0]?.text().trim();
  if (!text || text === '""') return [];
  const unit = unitOf(obx);
  const [, from, to] = /^(-?[\d.]+)\s*-\s*(-?[\d.]+)$/.exec(text) ?? [];
  const [, sign, bound] = /^([<>]=?)\s*([\d.]+)$/.exec(text) ?? [];
  const low = toNumber(from ?? (sign?.startsWith('>') ? (bound ?? '') : ''));
  const high = toNumber(to ?? (sign?.startsWith('<') ? (bound ?? '') : ''));
  return [
    {
      ...(low !== undefined && { low: { value: low, ...unit } }),
      ...(high !== undefined && { high: { value: high, ...unit } }),
      text,
    },
  ];
}
