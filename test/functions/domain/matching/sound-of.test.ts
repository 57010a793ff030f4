import { describe, expect, it } from 'vitest';
import { soundAlike, soundOf } from '../../../../functions/domain/matching/sound-of.ts';

describe('soundOf', () => {
  it('is one for spellings that sound alike', () => {
    expect(soundOf('smyth')).toBe(soundOf('smith'));
    expect(soundOf('filip')).toBe(soundOf('phillip'));
    expect(soundOf('smith')).not.toBe(soundOf('jones'));
  });

  it('tells four sounds and no more, so that a slip near the end changes nothing', () => {
    expect(soundOf('featherstonehaugh')).toHaveLength(4);
    expect(soundOf('featherstonehaugh')).toBe(soundOf('featherstonhough'));
  });

  it('lets a word without a sound of its own stand for itself', () => {
    expect(soundOf('王小')).toBe('王小');
    expect(soundOf('παπαδοπουλος')).toBe('παπα');
    expect(soundOf('12345')).toBe('1234');
    expect(soundOf('')).toBe('');
  });
});

describe('soundAlike', () => {
  it.each([
    ['the first codes', 'geoffrey', 'jeffrey'],
    ['both codes', 'lee', 'leigh'],
    ['the first code of one and the second of the other', 'smith', 'schmidt'],
    ['the second codes', 'wagner', 'vagner'],
    ['the second code of one and both of the other', 'jankowski', 'yankovski'],
  ])('hears it in %s, either way round: %s and %s', (_where, first, second) => {
    expect(soundAlike(first, second)).toBe(true);
    expect(soundAlike(second, first)).toBe(true);
  });

  it('hears the difference between others', () => {
    expect(soundAlike('smith', 'jones')).toBe(false);
    expect(soundAlike('john', 'gareth')).toBe(false);
  });

  it('hears nothing in another script', () => {
    expect(soundAlike('王', '李')).toBe(false);
    expect(soundAlike('王', 'wong')).toBe(false);
    expect(soundAlike('wong', '王')).toBe(false);
  });
});
