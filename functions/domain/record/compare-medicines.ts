import { codesOf, wordsOf } from './codings.ts';
import type { Disagreement, Statement } from './disagreement.ts';
import { noneKnown } from './none-known.ts';
import { fold, groupByName, namesOf } from './same-thing.ts';
import type { FiledResource } from './section-of.ts';
import { type Claim, disagree, statusDiffers, valuesDiffer } from './sides.ts';

interface Medicine extends Claim {
  readonly names: readonly string[];
  readonly status: 'current' | 'ended' | 'other';
  /** As the name of the product tells it; empty when it does not. */
  readonly strength: string;
  /** As the dosage tells it; empty when it does not. */
  readonly dose: string;
}

/**
 * What says that the person takes it, and what says that they do not. A course that was completed is neither: a practice
 * that gave it years ago does not contradict a trust that gives it now.
 */
const statusOf: ReadonlyMap<unknown, Medicine['status']> = new Map([
  ['active', 'current'],
  ['stopped', 'ended'],
  ['on-hold', 'ended'],
  ['not-taken', 'ended'],
]);

const stated: ReadonlySet<string> = new Set(['MedicationRequest', 'MedicationStatement']);

/** Where organisations differ on a medicine, or on there being one. A dispensed or given medicine is no statement of what is taken. */
export function compareMedicines(statements: readonly Statement[]): Disagreement[] {
  const medicines: Medicine[] = [];
  const nones: Claim[] = [];
  for (const statement of statements) {
    const { ods, reference, resource } = statement;
    if (noneKnown(resource) !== undefined) nones.push({ ods, reference, about: '', says: 'none known' });
    else if (stated.has(resource.resourceType)) medicines.push(readMedicine(statement));
  }
  return groupByName(medicines).flatMap((group) => {
    const current = group.filter(({ status }) => status === 'current');
    const holders = new Set(current.map(({ ods }) => ods));
    const denials = current.length > 0 ? nones.filter(({ ods }) => !holders.has(ods)) : [];
    return [
      ...(denials.length > 0 ? [disagree('none-known-but-recorded', [...current, ...denials])] : []),
      ...statusDiffers(group),
      ...valuesDiffer('dose-differs', current, isSameDose),
    ];
  });
}

/** What one of them does not tell is no difference. */
function isSameDose(one: Medicine, other: Medicine): boolean {
  const isSame = (a: string, b: string) => a === '' || b === '' || a === b;
  return isSame(one.strength, other.strength) && isSame(one.dose, other.dose);
}

function readMedicine({ ods, reference, resource }: Statement): Medicine {
  const product = productOf(resource);
  const [about = 'a medicine'] = [...wordsOf(product), ...codesOf(product)];
  const names = [...namesOf(product), ...wordsOf(product).flatMap((word) => substanceOf(word) || [])];
  const { text, value } = dosageOf(resource);
  return {
    ods,
    reference,
    names: names.length > 0 ? names : [reference],
    status: statusOf.get(resource.status) ?? 'other',
    strength: strengthOf(wordsOf(product)),
    dose: value,
    about,
    says: [String(resource.status), about, text].filter(Boolean).join(', '),
  };
}

/** The product's concept: in the resource, in a Medication that it contains, or the words beside a reference. */
function productOf(resource: FiledResource): unknown {
  const { contained, medicationCodeableConcept, medicationReference } = resource;
  if (medicationCodeableConcept) return medicationCodeableConcept;
  const { display, reference } = (medicationReference ?? {}) as { display?: unknown; reference?: unknown };
  const held = (Array.isArray(contained) ? contained : []).find(
    (one: { id?: unknown } | null) => `#${one?.id}` === reference,
  ) as { code?: unknown } | undefined;
  return held?.code ?? { text: display };
}

/** What stands before the strength: dm+d and most systems write "Ramipril 5mg capsules". */
function substanceOf(word: string): string {
  return fold(word.split(/\s(?=[0-9])/)[0] ?? '');
}

const strengths =
  /(?<![0-9.,])[.,]?[0-9][0-9.,]*\s?(?:mg|micrograms?|mcg|nanograms?|grams?|g|ml|units?|mmol|%)(?:\s?\/\s?[0-9.,]*\s?(?:ml|mg|g|dose|actuation|hours?))*/gi;

function strengthOf(words: readonly string[]): string {
  const found = words.map((word) => word.match(strengths) ?? []).find((one) => one.length > 0) ?? [];
  return found
    .map((one) => one.toLowerCase().replace(/\s/g, '').replace('mcg', 'microgram').replace(/s$/, ''))
    .join('/');
}

const sameWords: readonly (readonly [RegExp, string])[] = [
  [/\b(?:take|to be taken|taken)\b/g, ''],
  [/\bone\b/g, '1'],
  [/\btwo\b/g, '2'],
  [/\bthree\b/g, '3'],
  [/\bfour\b/g, '4'],
  [/\b(?:tds|(?:3 times|thrice) (?:a day|daily|each day))\b/g, '3 daily'],
  [/\b(?:qds|4 times (?:a day|daily|each day))\b/g, '4 daily'],
  [/\b(?:bd|twice (?:a day|daily|each day))\b/g, '2 daily'],
  [/\b(?:od|once (?:a day|daily|each day)|every day|each day|a day)\b/g, 'daily'],
  [/(tablet|capsule|puff|drop|unit)s\b/g, '$1'],
];

/** The dosage as a person reads it, and as it is compared: its words, in one of several ways of writing them, else its quantities. */
function dosageOf({ dosage, dosageInstruction }: FiledResource): { text: string; value: string } {
  const given = dosageInstruction ?? dosage;
  const items: readonly { text?: unknown; doseAndRate?: unknown; timing?: unknown }[] = Array.isArray(given)
    ? given.filter((one) => typeof one === 'object' && one !== null)
    : [];
  const text = items.flatMap((one) => (typeof one.text === 'string' ? [one.text] : [])).join('; ');
  const words = sameWords.reduce((now, [from, to]) => now.replace(from, to), fold(text));
  const quantities = items.map(({ doseAndRate, timing }) => ({ doseAndRate, timing }));
  const measured = JSON.stringify(quantities).replace(/^\[(?:\{\},?)*\]$/, '');
  return { text, value: fold(words.replace(/[.,]/g, ' ')) || measured };
}
