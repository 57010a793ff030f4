import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlike, isOneEdit, jaroWinkler } from '../../../../functions/domain/matching/text-distance.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 8 });

describe('jaroWinkler', () => {
  it.each([
    // Winkler (1990, 1994), without his later adjustment for long texts.
    ['martha', 'marhta', 0.9611],
    ['shackleford', 'shackelford', 0.9818],
    ['cunningham', 'cunnigham', 0.98],
    ['campbell', 'campell', 0.975],
    ['nichleson', 'nichulson', 0.9556],
    ['massey', 'massie', 0.9333],
    ['abroms', 'abrams', 0.9222],
    ['jeraldine', 'geraldine', 0.9259],
    ['michelle', 'michael', 0.9214],
    ['julies', 'julius', 0.9333],
    ['tanya', 'tonya', 0.88],
    ['dwayne', 'duane', 0.84],
    ['sean', 'susan', 0.805],
    ['jon', 'john', 0.9333],
    ['jon', 'jan', 0.8],
    ['hardin', 'martinez', 0.7222],
    ['dixon', 'dicksonx', 0.8133],
    ['abc', 'xyz', 0],
    ['', '', 1],
    ['a', '', 0],
    ['ab', 'ba', 0],
  ])("of %s and %s is the literature's %d", (first, second, expected) => {
    expect(jaroWinkler(first, second)).toBeCloseTo(expected, 3);
    expect(jaroWinkler(second, first)).toBeCloseTo(expected, 3);
  });

  it('lies between 0 and 1, and is 1 for equal texts alone', () => {
    fc.assert(
      fc.property(letters, letters, (first, second) => {
        const similarity = jaroWinkler(first, second);
        expect(similarity).toBeGreaterThanOrEqual(0);
        if (first === second) expect(similarity).toBe(1);
        else expect(similarity).toBeLessThan(1);
      }),
    );
  });

  it('rises with what is added to the start of both, up to four letters', () => {
    const of = (start: string) => jaroWinkler(`${start}kmxz`, `${start}kmqw`);
    expect(of('b')).toBeGreaterThan(of(''));
    expect(of('bc')).toBeGreaterThan(of('b'));
    // Four shared letters earn the same as eight would: what remains is Jaro's part.
    const jaro = (similarity: number, prefix: number) => (similarity - prefix * 0.1) / (1 - prefix * 0.1);
    expect(jaro(jaroWinkler('bcdfghxz', 'bcdfghqw'), 4)).toBeCloseTo((6 / 8 + 6 / 8 + 1) / 3, 9);
  });
});

describe('isAlike', () => {
  it('says whether the similarity reaches the bound, wherever the bound lies', () => {
    const bound = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 0.8, 0.9, 1));
    fc.assert(
      fc.property(letters, letters, bound, (first, second, least) => {
        expect(isAlike(first, second, least)).toBe(jaroWinkler(first, second) >= least);
        expect(isAlike(first, second, jaroWinkler(first, second))).toBe(true);
      }),
    );
  });

  it('takes a text for itself, and nothing for the empty text', () => {
    expect(isAlike('', '', 1)).toBe(true);
    expect(isAlike('smith', 'smith', 1)).toBe(true);
    expect(isAlike('', 'smith', 0.1)).toBe(false);
  });
});

describe('isOneEdit', () => {
  it('sees one wrong, missing or additional letter and exchanged neighbours as one edit, and no more', () => {
    fc.assert(
      fc.property(letters, fc.nat(), (word, seed) => {
        const at = seed % (word.length - 1);
        expect(isOneEdit(word, word)).toBe(false);
        expect(isOneEdit(word, `${word.slice(0, at)}${word.slice(at + 1)}`)).toBe(true);
        expect(isOneEdit(word, `${word.slice(0, at)}x${word.slice(at)}`)).toBe(true);
        expect(isOneEdit(word, `${word.slice(0, at)}x${word.slice(at + 1)}`)).toBe(true);
        const exchanged = `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`;
        expect(isOneEdit(word, exchanged)).toBe(word[at] !== word[at + 1]);
        expect(isOneEdit(word, `${word}xy`)).toBe(false);
        expect(isOneEdit(word, `x${word.slice(1, -1)}x`)).toBe(false);
      }),
    );
  });

  it('does not depend on which text comes first', () => {
    fc.assert(
      fc.property(letters, letters, (first, second) => {
        expect(isOneEdit(first, second)).toBe(isOneEdit(second, first));
      }),
    );
  });

  it.each([
    ['a shifted word', 'abac', 'baca'],
    ['exchanged letters that are no neighbours', 'abcd', 'cbad'],
    ['exchanged neighbours and one more slip', 'abcd', 'bacx'],
    ['a letter lost and one gained', 'abcd', 'bcde'],
    ['two wrong letters side by side', 'abcd', 'axyd'],
    ['two pairs exchanged', 'abcd', 'badc'],
    ['nothing', '', ''],
  ])('is no edit of one: %s', (_name, first, second) => {
    expect(isOneEdit(first, second)).toBe(false);
  });

  it('counts a single letter and none as one edit', () => {
    expect(isOneEdit('', 'a')).toBe(true);
    expect(isOneEdit('a', 'b')).toBe(true);
    expect(isOneEdit('ab', 'ba')).toBe(true);
  });
});
