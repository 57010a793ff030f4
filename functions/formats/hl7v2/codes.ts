import type { Address, CodeableConcept, ContactPoint, Encounter, HumanName, Observation } from 'fhir/r4.js';
import type { Repetition } from './message.ts';

/** The FHIR code system of an HL7 v2 table. */
export function tableSystem(table: string): string {
  return `http://terminology.hl7.org/CodeSystem/v2-${table}`;
}

/** Code systems by their name in CE-3 (HL7 table 0396 and what UK laboratories write). */
const codeSystems: Readonly<Record<string, string>> = {
  LN: 'http://loinc.org',
  LOINC: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  SNM: 'http://snomed.info/sct',
  SNM3: 'http://snomed.info/sct',
  SNOMEDCT: 'http://snomed.info/sct',
  'SNOMED-CT': 'http://snomed.info/sct',
  I10: 'http://hl7.org/fhir/sid/icd-10',
  ICD10: 'http://hl7.org/fhir/sid/icd-10',
  UCUM: 'http://unitsofmeasure.org',
  DMD: 'https://dmd.nhs.uk',
};

/** The FHIR system of a CE's coding system name; undefined for a local one, whose codes stay without system. */
export function codeSystemOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : codeSystems[name.toUpperCase()];
}

/** A CE or CWE with its alternative coding; `table` is the system of codes that name none. */
export function toConcept(coded: Repetition | undefined, table?: string): CodeableConcept | undefined {
  if (!coded) return undefined;
  const coding = [1, 4].flatMap((first) => {
    const [code, display, name] = [coded(first), coded(first + 1), coded(first + 2)];
    const system = codeSystemOf(name) ?? (name === undefined && table ? tableSystem(table) : undefined);
    return code === undefined ? [] : [{ ...(system && { system }), code, ...(display && { display }) }];
  });
  const text = coded(9) ?? coded(2) ?? coded(5) ?? (coding.length === 0 ? undefined : coded(1));
  if (coding.length === 0 && text === undefined) return undefined;
  return { ...(coding.length > 0 && { coding }), ...(text && { text }) };
}

/** PID-8: the NHS Data Dictionary's PERSON STATED GENDER CODE in England, HL7 table 0001 in Wales. */
export const genders: Readonly<Record<string, 'male' | 'female' | 'other' | 'unknown'>> = {
  '1': 'male',
  '2': 'female',
  '9': 'other',
  '0': 'unknown',
  X: 'unknown',
  M: 'male',
  F: 'female',
  O: 'other',
  A: 'other',
  I: 'other',
  U: 'unknown',
  N: 'unknown',
};

/** XPN-7, HL7 table 0200. */
export const nameUses: Readonly<Record<string, NonNullable<HumanName['use']>>> = {
  L: 'official',
  D: 'usual',
  P: 'usual',
  A: 'nickname',
  N: 'nickname',
  M: 'maiden',
  B: 'old',
  C: 'old',
  S: 'anonymous',
  T: 'temp',
};

/** XAD-7, HL7 table 0190: where somebody was born is no address. */
export const addressUses: Readonly<Record<string, NonNullable<Address['use']> | 'none'>> = {
  H: 'home',
  P: 'home',
  L: 'home',
  C: 'temp',
  O: 'work',
  B: 'work',
  M: 'billing',
  BA: 'old',
  BDL: 'none',
  BR: 'none',
  N: 'none',
};

/** XTN-3, HL7 table 0202. */
export const contactSystems: Readonly<Record<string, NonNullable<ContactPoint['system']>>> = {
  PH: 'phone',
  CP: 'phone',
  FX: 'fax',
  BP: 'pager',
  INTERNET: 'email',
  'X.400': 'email',
};

/** PV1-2, HL7 table 0004, as v3 ActCode. */
const encounterClasses: Readonly<Record<string, readonly [string, string]>> = {
  I: ['IMP', 'inpatient encounter'],
  B: ['IMP', 'inpatient encounter'],
  E: ['EMER', 'emergency'],
  O: ['AMB', 'ambulatory'],
  R: ['AMB', 'ambulatory'],
  C: ['AMB', 'ambulatory'],
  P: ['PRENC', 'pre-admission'],
};

/** The class of an Encounter; a code that HL7 does not know is kept as sent. */
export function encounterClassOf(code: string): Encounter['class'] {
  const [known, display] = encounterClasses[code.toUpperCase()] ?? [];
  return known === undefined || display === undefined
    ? { system: tableSystem('0004'), code }
    : { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: known, display };
}

/** OBX-11, HL7 table 0085: D and W take back what was sent before. */
export const observationStatuses: Readonly<Record<string, Observation['status']>> = {
  F: 'final',
  U: 'final',
  P: 'preliminary',
  R: 'preliminary',
  S: 'preliminary',
  C: 'corrected',
  D: 'entered-in-error',
  W: 'entered-in-error',
  X: 'cancelled',
  I: 'registered',
  O: 'registered',
  N: 'cancelled',
};

/** OBR-25, HL7 table 0123. */
export const reportStatuses = {
  F: 'final',
  C: 'corrected',
  P: 'preliminary',
  R: 'preliminary',
  A: 'partial',
  S: 'registered',
  I: 'registered',
  O: 'registered',
  X: 'cancelled',
  Y: 'unknown',
  Z: 'unknown',
} as const;

/** OBX-8, HL7 table 0078: FHIR's interpretation codes are the same letters. */
export const interpretationCodes: ReadonlySet<string> = new Set([
  'L',
  'H',
  'LL',
  'HH',
  '<',
  '>',
  'N',
  'A',
  'AA',
  'U',
  'D',
  'B',
  'W',
  'S',
  'R',
  'I',
  'MS',
  'VS',
]);

/** TXA-17, HL7 table 0271. */
export const documentStatuses: Readonly<Record<string, 'preliminary' | 'final' | 'amended'>> = {
  DI: 'preliminary',
  DO: 'preliminary',
  IP: 'preliminary',
  IN: 'preliminary',
  PA: 'preliminary',
  AU: 'final',
  LA: 'final',
};

/** Media types by ED-3, the data subtype. */
const mediaTypes: Readonly<Record<string, string>> = {
  PDF: 'application/pdf',
  RTF: 'application/rtf',
  HTML: 'text/html',
  XML: 'application/xml',
  PLAIN: 'text/plain',
  TEXT: 'text/plain',
  TXT: 'text/plain',
  JPEG: 'image/jpeg',
  JPG: 'image/jpeg',
  JPE: 'image/jpeg',
  PNG: 'image/png',
  GIF: 'image/gif',
  TIFF: 'image/tiff',
  TIF: 'image/tiff',
  DICOM: 'application/dicom',
  DOCX: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

/** The media type of encapsulated data, from its type and subtype (HL7 tables 0191 and 0291) or from a whole media type. */
export function mediaTypeOf(type = '', subtype = ''): string {
  if (/^[a-z]+\/[a-z0-9.+-]+$/i.test(subtype)) return subtype.toLowerCase();
  if (/^[a-z]+\/[a-z0-9.+-]+$/i.test(type)) return type.toLowerCase();
  const isText = ['TX', 'FT', 'TEXT'].includes(type.toUpperCase());
  return mediaTypes[subtype.toUpperCase()] ?? (isText ? 'text/plain' : 'application/octet-stream');
}
