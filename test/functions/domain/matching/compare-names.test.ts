import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareFamily, compareGiven } from '../../../../functions/domain/matching/compare-names.ts';

describe('compareFamily', () => {
  it.each([
    ['smith', 'smith', 'exact'],
    ['de souza', 'desouza', 'exact'],
    ['van der berg', 'vander berg', 'exact'],
    ['smith', 'smithe', 'typo'],
    ['smith', 'simth', 'typo'],
    ['de souza', 'desousa', 'typo'],
    ['cole', 'coles', 'typo'],
    // In three letters, one is as often another name as a slip.
    ['lee', 'leek', 'close'],
    ['lee', 'lea', 'sound'],
    ['lee', 'lek', 'disagree'],
    ['smith jones', 'jones', 'part'],
    ['smith jones', 'jones smith', 'part'],
    ['kay jones', 'kay okafor', 'part'],
    // A shared "de" is no shared name.
    ['de vries', 'de jong', 'disagree'],
    ['hutchinson', 'hutchings', 'close'],
    ['shepherd', 'sheppard', 'close'],
    ['meier', 'mayer', 'sound'],
    ['lee', 'leigh', 'sound'],
    ['hughes', 'hayes', 'sound'],
    // Four letters apart: two names that begin alike in the ear.
    ['hughes', 'hews', 'disagree'],
    ['moore', 'murray', 'disagree'],
    ['s', 'smith', 'initial'],
    ['s', 's', 'exact'],
    ['s', 'jones', 'disagree'],
    ['smith', 'okafor', 'disagree'],
    ['σισυφος', 'παπαδοπουλος', 'disagree'],
    ['王', '李', 'disagree'],
    ['王', '王小', 'initial'],
  ])('%s and %s: %s, either way round', (family, other, expected) => {
    expect(compareFamily(family, other)).toBe(expected);
    expect(compareFamily(other, family)).toBe(expected);
  });

  it('says nothing where one is missing', () => {
    expect(compareFamily(undefined, 'smith')).toBeUndefined();
    expect(compareFamily('smith', undefined)).toBeUndefined();
  });
});

describe('compareGiven', () => {
  it.each([
    ['john', 'john', 'exact'],
    ['john paul', 'john', 'exact'],
    ['mary ann', 'maryann', 'exact'],
    ['jack', 'john', 'nickname'],
    ['bill', 'william', 'nickname'],
    // The beginning of a name, unless it is a name of its own.
    ['fre', 'freda', 'nickname'],
    ['daniel', 'danielle', 'similar'],
    ['charlotte', 'charlote', 'typo'],
    ['karon', 'karen', 'typo'],
    ['xup', 'xop', 'typo'],
    // Two letters are too few for a slip to be told from another name.
    ['xu', 'xi', 'similar'],
    ['xu', 'pxu', 'similar'],
    ['tim', 'jim', 'similar'],
    ['alexander', 'alexandra', 'similar'],
    ['abdul', 'abdullah', 'similar'],
    ['aidan', 'ethan', 'similar'],
    ['philomena', 'filomena', 'sound'],
    ['siobhan', 'shivaun', 'disagree'],
    ['aureliana', 'aurelianna maria', 'typo'],
    ['christopher', 'christofer', 'close'],
    ['louise amy', 'amy louise', 'part'],
    ['amy', 'louise amy', 'part'],
    // The middle name is the family's, not the child's.
    ['amy louise', 'anna louise', 'disagree'],
    ['j', 'john', 'initial'],
    ['j paul', 'john', 'initial'],
    ['k', 'john', 'disagree'],
    ['john', 'mary', 'disagree'],
  ])('%s and %s: %s, either way round', (given, other, expected) => {
    expect(compareGiven(given.split(' '), other.split(' '))).toBe(expected);
    expect(compareGiven(other.split(' '), given.split(' '))).toBe(expected);
  });

  it('says nothing where one is missing', () => {
    expect(compareGiven([], ['john'])).toBeUndefined();
    expect(compareGiven(['john'], [])).toBeUndefined();
  });
});

describe('comparisons of names', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'e', 'l', 's', 'h', ' '), maxLength: 12 });
  const name = letters.map((text) => text.split(' ').filter(Boolean).join(' ')).filter((text) => text !== '');

  it('do not depend on which name comes first', () => {
    fc.assert(
      fc.property(name, name, (first, second) => {
        expect(compareFamily(first, second)).toBe(compareFamily(second, first));
        expect(compareGiven(first.split(' '), second.split(' '))).toBe(
          compareGiven(second.split(' '), first.split(' ')),
        );
      }),
    );
  });

  it('take a name for itself, spaces aside', () => {
    fc.assert(
      fc.property(name, (one) => {
        expect(compareFamily(one, one)).toBe('exact');
        expect(compareFamily(one, one.replaceAll(' ', ''))).toBe('exact');
        expect(compareGiven(one.split(' '), one.split(' '))).toBe('exact');
        expect(compareGiven(one.split(' '), [one.replaceAll(' ', '')])).toBe('exact');
      }),
    );
  });

  it('take one exchange of neighbouring letters in a longer family name for a slip', () => {
    const long = fc.string({
      unit: fc.constantFrom('b', 'k', 'm', 'o', 'r', 'y'),
      minLength: 4,
      maxLength: 10,
    });
    fc.assert(
      fc.property(long, fc.nat(), (one, seed) => {
        const at = seed % (one.length - 1);
        fc.pre(one[at] !== one[at + 1]);
        const slip = `${one.slice(0, at)}${one[at + 1]}${one[at]}${one.slice(at + 2)}`;
        expect(compareFamily(one, slip)).toBe('typo');
      }),
    );
  });
});
