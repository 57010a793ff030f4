import type { AttributeValue, Item } from './dynalite.ts';

/** Whether two items hold the same attributes; the order of names and of set members does not count. */
export function isSameItem(left: Item, right: Item): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => {
    const [a, b] = [left[name], right[name]];
    return a !== undefined && b !== undefined && isSameValue(a, b);
  });
}

function isSameValue(left: AttributeValue, right: AttributeValue): boolean {
  const [[type, a] = []] = Object.entries(left);
  const [[otherType, b] = []] = Object.entries(right);
  if (type !== otherType) return false;
  if (type === 'M') return isSameItem(a as Item, b as Item);
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  if (a.length !== b.length) return false;
  if (type === 'L') {
    return a.every((member, index) => isSameValue(member, b[index]));
  }
  return [...a].sort().join('\n') === [...b].sort().join('\n');
}
