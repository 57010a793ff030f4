import { type SensitiveCategory, sensitiveCategories } from './sensitive-codes.ts';

const byCode = new Map<string, string>();
for (const { label, loinc = [], snomed } of sensitiveCategories) {
  for (const code of snomed) byCode.set(`http://snomed.info/sct ${code}`, label);
  for (const code of loinc) byCode.set(`http://loinc.org ${code}`, label);
}

const icd10Systems: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/sid/icd-10',
  'http://hl7.org/fhir/sid/icd-10-uk',
  'https://fhir.hl7.org.uk/Id/icd-10',
]);

/** One expression for each category: a word of it, and no part of another word. */
const words = sensitiveCategories.map(({ ingredients, label, terms }: SensitiveCategory) => ({
  label,
  pattern: new RegExp(`(?<![a-z])(?:${[...ingredients, ...terms].join('|')})(?![a-z])`),
}));

/** Elements whose text says what an entry is about. */
const telling: ReadonlySet<string> = new Set([
  'comment',
  'conclusion',
  'description',
  'display',
  'name',
  'patientInstruction',
  'text',
  'title',
  'valueMarkdown',
  'valueString',
]);

/**
 * The labels of the sensitive categories of which a resource tells, by code, ingredient or word, wherever in it that stands and
 * whatever its sender has labelled. It rather keeps back too much: what it takes wrongly, its sender and their patient still see.
 */
export function sensitiveLabels(resource: object): string[] {
  const found = new Set<string>();
  collect(resource, '', found);
  return [...found];
}

function collect(value: unknown, name: string, found: Set<string>): void {
  if (typeof value === 'string') {
    if (telling.has(name)) for (const label of labelsOfText(value)) found.add(label);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) collect(item, name, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const label = labelOfCoding(value as { system?: unknown; code?: unknown });
  if (label) found.add(label);
  for (const [key, item] of Object.entries(value)) collect(item, key, found);
}

function labelOfCoding({ code, system }: { system?: unknown; code?: unknown }): string | undefined {
  if (typeof code !== 'string' || typeof system !== 'string') return undefined;
  if (!icd10Systems.has(system)) return byCode.get(`${system} ${code}`);
  // `O04.9`, or `O049` as some systems write it.
  const plain = code.replace('.', '').toUpperCase();
  return sensitiveCategories.find(({ icd10 }) =>
    icd10.some((category) => plain.startsWith(category.replace('.', ''))),
  )?.label;
}

function labelsOfText(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase();
  return words.flatMap(({ label, pattern }) => (pattern.test(plain) ? [label] : []));
}
