import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldName } from '../../../../functions/domain/matching/fold-name.ts';
import { anyText } from './fields.ts';

describe('foldName', () => {
  it.each([
    ['Zoë', 'zoe'],
    ["O'NEIL", 'oneil'],
    ['O’Neil', 'oneil'],
    ['O`Neil', 'oneil'],
    ['Smith-Jones', 'smith jones'],
    ['Smith – Jones', 'smith jones'],
    ['  van  der   Berg ', 'van der berg'],
    ['Łukasz Øster', 'lukasz oster'],
    ['Weiß Þór Ægir Œuvre Đặng Ðavid Işıl', 'weiss thor aegir oeuvre dang david isil'],
    ['ＪＡＮＥ', 'jane'],
    ['Σίσυφος', 'σισυφος'],
    ['İrem', 'irem'],
    ['Jane 😀 Doe', 'jane doe'],
    ['Doe 2', 'doe 2'],
    ['...', ''],
  ])('folds %j to %j', (text, expected) => {
    expect(foldName(text)).toBe(expected);
  });

  it.each([
    ['zero-width space', '\u200B'],
    ['zero-width joiner', '\u200D'],
    ['left-to-right mark', '\u200E'],
    ['right-to-left mark', '\u200F'],
    ['right-to-left override', '\u202E'],
    ['right-to-left isolate', '\u2067'],
    ['byte-order mark', '\uFEFF'],
    ['soft hyphen', '\u00AD'],
    ['word joiner', '\u2060'],
    ['variation selector', '\uFE0F'],
    ['language tag', '\u{E0041}'],
  ])('does not see a %s inside or around a name', (_name, invisible) => {
    expect(foldName(`${invisible}Jo${invisible}hn ${invisible}Smith${invisible}`)).toBe('john smith');
  });

  it('is not filled up by what cannot be seen', () => {
    expect(foldName(`${'\u200B'.repeat(500)}Smith`)).toBe('smith');
  });

  it('cuts a name of 10,000 letters at the hundredth, whatever the letters become', () => {
    expect(foldName('a'.repeat(10_000))).toBe('a'.repeat(100));
    expect(foldName('ß'.repeat(10_000))).toHaveLength(100);
    // The cut is in the middle of a letter of two units, and at a space.
    expect(foldName(`${'a'.repeat(99)}𐐨`)).toBe('a'.repeat(99));
    expect(foldName(`${'ß'.repeat(49)}s bc`)).toBe(`${'s'.repeat(99)}`);
  });

  it('changes nothing when applied twice, and never grows without bound', () => {
    fc.assert(
      fc.property(anyText(130), (text) => {
        const once = foldName(text);
        expect(foldName(once)).toBe(once);
        expect(once.length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('does not depend on case, on accents or on how an accented letter is encoded', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'abcxyzéöñçåšÉÖÑÇÅŠ'), maxLength: 30 });
    fc.assert(
      fc.property(letters, (name) => {
        const folded = foldName(name);
        expect(foldName(name.toUpperCase())).toBe(folded);
        expect(foldName(name.normalize('NFD'))).toBe(folded);
        expect(folded).toMatch(/^[a-z]*$/);
        expect(folded).toHaveLength(name.length);
      }),
    );
  });
});
