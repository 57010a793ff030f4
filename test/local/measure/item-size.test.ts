import { describe, expect, test } from 'vitest';
import type { AttributeValue } from '../../../local/engine/dynalite.ts';
import { itemBytes } from '../../../local/measure/item-size.ts';

// Developer Guide, "DynamoDB item sizes and formats".
describe('the size of an item, as AWS counts it', () => {
  test('is the names and the values: the guide’s example has 23 bytes', () => {
    expect(itemBytes({ 'shirt-color': { S: 'R' }, 'shirt-size': { S: 'M' } })).toBe(23);
  });

  test.each<[string, AttributeValue, number]>([
    ['text by its UTF-8 bytes', { S: 'Zoë' }, 4],
    ['binary by its raw bytes', { B: Buffer.from('abcde').toString('base64') }, 5],
    ['true or false', { BOOL: true }, 1],
    ['null', { NULL: true }, 1],
    ['a number by two digits a byte and one more', { N: '27' }, 2],
    ['a number of odd digits', { N: '123' }, 3],
    ['a negative number, one more', { N: '-27' }, 3],
    ['a number without its trailing zeroes', { N: '1000' }, 2],
    ['zero', { N: '0' }, 1],
    ['a fraction without its leading zero', { N: '0.25' }, 2],
    ['a set of text', { SS: ['ab', 'cde'] }, 5],
    ['a set of numbers', { NS: ['1', '27'] }, 4],
    ['an empty list', { L: [] }, 3],
    ['an empty map', { M: {} }, 3],
    ['a list, with one byte for each element', { L: [{ S: 'ab' }, { S: 'c' }] }, 3 + 2 + 3],
    ['a map, with one byte for each element and its names', { M: { ab: { S: 'cde' } } }, 3 + 1 + 2 + 3],
    ['what is nested', { L: [{ M: { a: { BOOL: false } } }] }, 3 + 1 + (3 + 1 + 1 + 1)],
  ])('counts %s', (_, value, bytes) => {
    expect(itemBytes({ x: value })).toBe(1 + bytes);
  });
});
