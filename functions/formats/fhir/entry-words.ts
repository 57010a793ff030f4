import type { FhirResource } from 'fhir/r4.js';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** What a text, a Coding, a CodeableConcept, a Reference or the first of a list of them says to people. */
function wordsIn(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(wordsIn).find((words) => words !== undefined);
  const fields = fieldsOf(value);
  if (!fields) return text(value);
  const codings = Array.isArray(fields.coding) ? fields.coding.map(fieldsOf) : [];
  const display = codings.map((coding) => text(coding?.display)).find((words) => words !== undefined);
  return text(fields.text) ?? text(fields.display) ?? display ?? wordsIn(codings) ?? text(fields.code);
}

/** Elements that say what an entry is of, best first. */
const namingElements = [
  'code',
  'vaccineCode',
  'medicationCodeableConcept',
  'medicationReference',
  'description',
  'title',
  'type',
  'serviceType',
  'appointmentType',
  'relationship',
  'name',
  'category',
  'class',
  'note',
];

/** A medicine that is kept inside its entry, where a reference leads to no words of its own. */
function containedWords({ contained }: Fields): string | undefined {
  const resources = Array.isArray(contained) ? contained : [];
  return resources.map((resource) => wordsIn(fieldsOf(resource)?.code)).find((words) => words !== undefined);
}

/** What the entry is of, in its sender's words; its type where the sender has none. */
export function entryName(resource: FhirResource): string {
  const fields = resource as unknown as Fields;
  for (const element of namingElements) {
    const words = wordsIn(fields[element]);
    if (words !== undefined) return words;
  }
  return containedWords(fields) ?? resource.resourceType;
}

function quantityWords(value: unknown): string | undefined {
  const quantity = fieldsOf(value);
  if (!quantity || (typeof quantity.value !== 'number' && typeof quantity.value !== 'string'))
    return undefined;
  return [text(quantity.comparator), String(quantity.value), text(quantity.unit) ?? text(quantity.code)]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** What was found, given or decided: a result with its unit, a dose, a conclusion; empty where the entry says none. */
export function entryDetail(resource: FhirResource): string {
  const fields = resource as unknown as Fields;
  const dosage = [fields.dosageInstruction, fields.dosage].flat()[0];
  return (
    quantityWords(fields.valueQuantity) ??
    wordsIn(fields.valueCodeableConcept) ??
    text(fields.valueString) ??
    wordsIn(fields.dataAbsentReason) ??
    text(fields.conclusion) ??
    wordsIn(dosage) ??
    ''
  );
}

/** The entry's own state: `active`, `resolved`, `final` …; empty where it says none. */
export function entryState(resource: FhirResource): string {
  const { clinicalStatus, lifecycleStatus, status, verificationStatus } = resource as unknown as Fields;
  const states = [
    wordsIn(clinicalStatus) ?? text(status) ?? text(lifecycleStatus),
    wordsIn(verificationStatus),
  ];
  return states.filter((state) => state !== undefined).join(', ');
}
