/** True when one letter is wrong, missing or too many, or two neighbours are exchanged (Damerau's distance of one). */
export function isOneEdit(first: string, second: string): boolean {
  const [shorter, longer] = first.length <= second.length ? [first, second] : [second, first];
  if (longer.length - shorter.length > 1) return false;
  // What is left between the shared beginning and the shared end is the edit.
  let start = 0;
  while (start < shorter.length && shorter.charCodeAt(start) === longer.charCodeAt(start)) start += 1;
  let [end, longerEnd] = [shorter.length, longer.length];
  while (end > start && shorter.charCodeAt(end - 1) === longer.charCodeAt(longerEnd - 1)) {
    end -= 1;
    longerEnd -= 1;
  }
  if (longerEnd - start === 1) return true;
  return (
    end - start === 2 &&
    longerEnd - start === 2 &&
    shorter[start] === longer[start + 1] &&
    shorter[start + 1] === longer[start]
  );
}

/** Letters that a shared beginning may earn, and what each earns of the distance left (Winkler 1990). */
const longestPrefix = 4;
const prefixScale = 0.1;

/** Jaro–Winkler similarity, 0 to 1; two equal texts give 1, and nothing is like the empty text but itself. */
export function jaroWinkler(first: string, second: string): number {
  return first === second ? 1 : similarityFrom(first, second, 0);
}

/** True when the two texts' {@link jaroWinkler} similarity is at least `least`; texts that cannot be so alike cost little. */
export function isAlike(first: string, second: string, least: number): boolean {
  return first === second || similarityFrom(first, second, least) >= least;
}

/** The similarity, or 0 as soon as it cannot reach `least` any more. */
function similarityFrom(first: string, second: string, least: number): number {
  let prefix = 0;
  while (prefix < longestPrefix && prefix < first.length && first[prefix] === second[prefix]) prefix += 1;
  const bonus = prefix * prefixScale;
  // With all shared letters in place, Jaro is (shared / first + shared / second + 1) / 3.
  const leastJaro = (least - bonus) / (1 - bonus);
  const leastShared = (3 * leastJaro - 1) / (1 / first.length + 1 / second.length);
  const jaro = jaroSimilarity(first, second, leastShared);
  return jaro + bonus * (1 - jaro);
}

/** Folded names and lines are at most this long; making two lists for every comparison would take most of its time. */
const usualLength = 128;
const commonLetters = new Uint8Array(usualLength);
const takenLetters = new Uint8Array(usualLength);

function blank(list: Uint8Array, length: number): Uint8Array {
  return length > usualLength ? new Uint8Array(length) : list.fill(0, 0, length);
}

function jaroSimilarity(first: string, second: string, leastShared: number): number {
  const reach = Math.max(0, Math.floor(Math.max(first.length, second.length) / 2) - 1);
  // The letters of each text that the other one has nearby.
  const common = blank(commonLetters, first.length);
  const taken = blank(takenLetters, second.length);
  let shared = 0;
  for (let at = 0; at < first.length; at += 1) {
    // A hair less, for what floating point loses.
    if (shared + first.length - at < leastShared - 1e-9) return 0;
    const letter = first.charCodeAt(at);
    const last = Math.min(second.length - 1, at + reach);
    for (let other = Math.max(0, at - reach); other <= last; other += 1)
      if (taken[other] === 0 && letter === second.charCodeAt(other)) {
        taken[other] = 1;
        common[at] = 1;
        shared += 1;
        break;
      }
  }
  if (shared === 0) return 0;
  let outOfPlace = 0;
  let next = 0;
  for (let other = 0; other < second.length; other += 1)
    if (taken[other] === 1) {
      while (common[next] === 0) next += 1;
      if (second.charCodeAt(other) !== first.charCodeAt(next)) outOfPlace += 1;
      next += 1;
    }
  return (shared / first.length + shared / second.length + (shared - outOfPlace / 2) / shared) / 3;
}
