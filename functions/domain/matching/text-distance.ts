import levenshtein from 'fast-levenshtein';

/** True when one letter is wrong, missing or too many, or two neighbours are exchanged (Damerau's distance of one). */
export function isOneEdit(first: string, second: string): boolean {
  if (Math.abs(first.length - second.length) > 1) return false;
  const distance = levenshtein.get(first, second);
  if (distance === 1) return true;
  if (distance !== 2 || first.length !== second.length) return false;
  let at = 0;
  while (first[at] === second[at]) at += 1;
  return (
    first[at] === second[at + 1] &&
    first[at + 1] === second[at] &&
    first.slice(at + 2) === second.slice(at + 2)
  );
}

/** Letters that a shared beginning may earn, and what each earns of the distance left (Winkler 1990). */
const longestPrefix = 4;
const prefixScale = 0.1;

/** Jaro–Winkler similarity, 0 to 1; two equal texts give 1, and nothing is like the empty text but itself. */
export function jaroWinkler(first: string, second: string): number {
  if (first === second) return 1;
  const jaro = jaroSimilarity(first, second);
  let prefix = 0;
  while (prefix < longestPrefix && prefix < first.length && first[prefix] === second[prefix]) prefix += 1;
  return jaro + prefix * prefixScale * (1 - jaro);
}

function jaroSimilarity(first: string, second: string): number {
  const reach = Math.max(0, Math.floor(Math.max(first.length, second.length) / 2) - 1);
  const taken = new Uint8Array(second.length);
  const common: string[] = [];
  for (let at = 0; at < first.length; at += 1) {
    const last = Math.min(second.length - 1, at + reach);
    for (let other = Math.max(0, at - reach); other <= last; other += 1)
      if (taken[other] === 0 && first[at] === second[other]) {
        taken[other] = 1;
        common.push(first[at] ?? '');
        break;
      }
  }
  if (common.length === 0) return 0;
  let outOfPlace = 0;
  let next = 0;
  for (let other = 0; other < second.length; other += 1)
    if (taken[other] === 1) {
      if (second[other] !== common[next]) outOfPlace += 1;
      next += 1;
    }
  const shared = common.length;
  return (shared / first.length + shared / second.length + (shared - outOfPlace / 2) / shared) / 3;
}
