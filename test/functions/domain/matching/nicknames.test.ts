import { describe, expect, it } from 'vitest';
import {
  areNicknames,
  formalNames,
  isKnownGivenName,
} from '../../../../functions/domain/matching/nicknames.ts';

describe('areNicknames', () => {
  it('knows that Beth may be Elizabeth, either way round', () => {
    expect(areNicknames('beth', 'elizabeth')).toBe(true);
    expect(areNicknames('elizabeth', 'beth')).toBe(true);
  });

  it('takes two nicknames of one name as one', () => {
    expect(areNicknames('beth', 'liz')).toBe(true);
  });

  it('does not lead from Edward over Ted to Theodore', () => {
    expect(areNicknames('ted', 'edward') && areNicknames('ted', 'theodore')).toBe(true);
    expect(areNicknames('edward', 'theodore')).toBe(false);
  });

  it('knows nothing of names that are not listed, whatever they are called', () => {
    expect(areNicknames('aurelia', 'elizabeth')).toBe(false);
    expect(areNicknames('elizabeth', 'aurelia')).toBe(false);
    expect(areNicknames('constructor', 'constructor')).toBe(false);
  });
});

describe('formalNames', () => {
  it('files a nickname under its commonest formal names, two at most', () => {
    expect(formalNames('ted')).toEqual(['edward', 'theodore']);
    expect(formalNames('bill')).toEqual(['william']);
    // Albert, Herbert, Robert and others: the two that most people bear.
    expect(formalNames('bert')).toHaveLength(2);
  });

  it('files a formal name under itself, even if it is a nickname of others', () => {
    expect(formalNames('william')).toEqual(['william']);
    // Alexandra's Alexa, and Allan's Alan, are names of their own.
    expect(formalNames('alison')).toEqual(['alison']);
  });

  it('gives a name without nicknames back', () => {
    expect(formalNames('aurelia')).toEqual(['aurelia']);
    expect(formalNames('constructor')).toEqual(['constructor']);
  });
});

describe('isKnownGivenName', () => {
  it('knows names that people are given, and that a slip is none', () => {
    expect(isKnownGivenName('jim') && isKnownGivenName('william')).toBe(true);
    expect(isKnownGivenName('wiliam')).toBe(false);
    expect(isKnownGivenName('constructor')).toBe(false);
  });
});
