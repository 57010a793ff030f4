import type { AttributeValue, Item } from '../engine/dynalite.ts';

/** AWS: every List and Map costs this much beside its contents. */
const nestedOverhead = 3;

/** AWS: every element of a List or Map costs this much beside itself. */
const elementOverhead = 1;

/**
 * Bytes of an item as DynamoDB counts them for capacity: attribute names and values, the names inside maps as well
 * (Developer Guide, "DynamoDB item sizes and formats").
 */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberBytes(value.N);
  if ('B' in value) return Buffer.from(value.B, 'base64').length;
  if ('BOOL' in value || 'NULL' in value) return 1;
  if ('SS' in value) return sum(value.SS, (text) => Buffer.byteLength(text));
  if ('NS' in value) return sum(value.NS, numberBytes);
  if ('BS' in value) return sum(value.BS, (text) => Buffer.from(text, 'base64').length);
  if ('L' in value) return nestedOverhead + sum(value.L, (element) => elementOverhead + valueBytes(element));
  return nestedOverhead + elementOverhead * Object.keys(value.M).length + itemBytes(value.M);
}

/** AWS says "approximately": a byte for two significant digits and one more, and one for a minus sign. */
function numberBytes(text: string): number {
  const [mantissa = ''] = text.toLowerCase().split('e');
  const digits = mantissa.replace(/[-+.]/g, '').replace(/^0+/, '');
  const significant = (mantissa.includes('.') ? digits : digits.replace(/0+$/, '')).length;
  return Math.ceil(significant / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

function sum<T>(values: readonly T[], bytesOf: (value: T) => number): number {
  return values.reduce((total, value) => total + bytesOf(value), 0);
}
