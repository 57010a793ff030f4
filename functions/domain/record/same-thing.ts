import { codingsOf, wordsOf } from './codings.ts';

/** The names under which a concept is the same thing in two records: its codings, and its words without case and blanks. */
export function namesOf(...concepts: readonly unknown[]): string[] {
  const codings = concepts
    .flatMap(codingsOf)
    .flatMap(({ code, system }) => (typeof code === 'string' ? [`${system ?? ''}|${code}`] : []));
  return [...codings, ...wordsOf(...concepts).flatMap((word) => fold(word) || [])];
}

/** A text without case, and with single blanks. */
export function fold(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim();
}

/** The items in groups that are about one thing: those that share a name, directly or through others. */
export function groupByName<Item extends { readonly names: readonly string[] }>(
  items: readonly Item[],
): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const known = new Set(
      item.names.flatMap((name) => {
        const group = groups.get(name);
        return group ? [group] : [];
      }),
    );
    const group = [...[...known].flat(), item];
    for (const { names } of group) for (const name of names) groups.set(name, group);
  }
  return [...new Set(groups.values())];
}
