import type { AttributeValue, Item, TableRecord } from './dynalite.ts';

const MAX_ITEM_BYTES = 400 * 1024;
// DynamoDB: 3 bytes for a list or map, 1 more for each element or pair.
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

/** An item's size in bytes by DynamoDB's rule; text counts in UTF-8, where dynalite counts characters. */
export function sizeOf(item: Item | undefined): number {
  return Object.entries(item ?? {}).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value),
    0,
  );
}

/** What forbids storing an item in a table, in DynamoDB's words; dynalite lets both pass. */
export function findStorageProblem(item: Item, record: TableRecord): string | undefined {
  if (sizeOf(item) > MAX_ITEM_BYTES) return 'Item size has exceeded the maximum allowed size';
  for (const { IndexName, KeySchema } of record.GlobalSecondaryIndexes ?? []) {
    for (const { AttributeName } of KeySchema) {
      const value = item[AttributeName];
      if (value && Object.values(value)[0] === '') {
        return (
          'One or more parameter values are not valid. A value specified for a secondary index key is not ' +
          'supported. The AttributeValue for a key attribute cannot contain an empty string value. ' +
          `IndexName: ${IndexName}, IndexKey: ${AttributeName}`
        );
      }
    }
  }
  return undefined;
}

function sizeOfValue(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return sizeOfNumber(value.N);
  if ('B' in value) return Buffer.byteLength(value.B, 'base64');
  if ('SS' in value) return sum(value.SS.map((text) => Buffer.byteLength(text)));
  if ('NS' in value) return sum(value.NS.map(sizeOfNumber));
  if ('BS' in value) return sum(value.BS.map((bytes) => Buffer.byteLength(bytes, 'base64')));
  if ('L' in value) return CONTAINER_BYTES + sum(value.L.map((part) => ELEMENT_BYTES + sizeOfValue(part)));
  if ('M' in value) return CONTAINER_BYTES + Object.keys(value.M).length * ELEMENT_BYTES + sizeOf(value.M);
  return 1;
}

/** About one byte for two significant digits, and one more; DynamoDB gives no exact rule. */
function sizeOfNumber(text: string): number {
  const digits = text.replace(/[-.]/g, '').replace(/^0+|0+$/g, '');
  return 1 + Math.ceil(digits.length / 2) + (text.startsWith('-') ? 1 : 0);
}

const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);
