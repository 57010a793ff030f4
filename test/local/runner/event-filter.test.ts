import { describe, expect, it } from 'vitest';
import { compileEventFilter } from '../../../local/runner/event-filter.ts';

const people = '{ "dynamodb": { "Keys": { "SK": { "S": ["PERSON", "LINK"] } } } }';
const change = (SK: string) => ({
  eventName: 'INSERT',
  dynamodb: { Keys: { PK: { S: 'P' }, SK: { S: SK } } },
});

describe('an event filter', () => {
  it('delivers what any of its patterns fits', () => {
    const isWanted = compileEventFilter([people, '{ "eventName": ["REMOVE"] }'], 'Mapping');
    expect(isWanted(change('PERSON'))).toBe(true);
    expect(isWanted(change('LINK'))).toBe(true);
    expect(isWanted(change('EVENT'))).toBe(false);
    expect(isWanted({ eventName: 'REMOVE' })).toBe(true);
    expect(isWanted({})).toBe(false);
  });

  it('takes a flag as it is', () => {
    const isWanted = compileEventFilter(
      ['{ "dynamodb": { "NewImage": { "new": { "BOOL": [true] } } } }'],
      'M',
    );
    const flagged = (BOOL: boolean | string) => ({ dynamodb: { NewImage: { new: { BOOL } } } });
    expect([true, false, 'true'].map((flag) => isWanted(flagged(flag)))).toEqual([true, false, false]);
  });

  it('delivers everything without patterns', () => {
    expect(compileEventFilter([], 'Mapping')({})).toBe(true);
  });

  it.each([
    ['no JSON', '{'],
    ['a comparison', '{ "a": [{ "prefix": "P" }] }'],
    ['a number', '{ "a": [1] }'],
    ['a bare text', '"a"'],
  ])('refuses %s, and says where', (_, pattern) => {
    expect(() => compileEventFilter([pattern], 'region-events/Mapping')).toThrow('region-events/Mapping');
  });
});
