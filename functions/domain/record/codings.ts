/** A coding as far as reading it needs; a sender may have written anything there. */
interface Coding {
  readonly system?: unknown;
  readonly code?: unknown;
  readonly display?: unknown;
}

function asObjects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.filter((item) => typeof item === 'object' && item !== null) as Readonly<
    Record<string, unknown>
  >[];
}

/** The codings of a Coding, a CodeableConcept or a list of either; whatever else a sender wrote there is passed over. */
export function codingsOf(value: unknown): readonly Coding[] {
  return asObjects(value).flatMap((concept) => ('coding' in concept ? asObjects(concept.coding) : [concept]));
}

/** The codes of the values, whatever their systems. */
export function codesOf(...values: readonly unknown[]): readonly string[] {
  return values.flatMap(codingsOf).flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
}

/** The words of the values: texts and displays, in their order. */
export function wordsOf(...values: readonly unknown[]): readonly string[] {
  return values
    .flatMap((value) => [
      ...asObjects(value).map(({ text }) => text),
      ...codingsOf(value).map(({ display }) => display),
    ])
    .filter((word) => typeof word === 'string');
}
