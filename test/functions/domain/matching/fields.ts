import fc from 'fast-check';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';

const families = ['smith', 'smyth', 'jones', 'smith jones', 'oneil', 'okafor', 'lee', 'li', 'patel'];
const givens = ['john', 'jack', 'jon', 'jane', 'j', 'elizabeth', 'beth', 'amy', 'ami', 'daniel', 'danielle'];
const dates = ['1970-03-04', '1970-04-03', '1970-03-05', '1907-03-04', '1970-03', '1970', '1988-12-25'];
const postcodes = ['LS1 4AB', 'LS1 4AD', 'LS1 5XY', 'LS17 7DF', 'M1 1AE', 'LS1'];

/** Names, dates and postcodes close enough to each other that every outcome of a comparison comes up. */
export const someFields: fc.Arbitrary<ComparisonFields> = fc.record(
  {
    family: fc.constantFrom(...families),
    given: fc.uniqueArray(fc.constantFrom(...givens), { maxLength: 3 }),
    birthDate: fc.constantFrom(...dates),
    gender: fc.constantFrom('male' as const, 'female' as const, 'other' as const),
    postcode: fc.constantFrom(...postcodes),
  },
  { requiredKeys: ['given'] },
);

/** A complete person of whom the tests make variants. */
export const john: ComparisonFields = {
  family: 'smith',
  given: ['john'],
  birthDate: '1970-03-04',
  gender: 'male',
  postcode: 'LS1 4AB',
};

/** The fields without the named ones. */
export function without(fields: ComparisonFields, ...names: (keyof ComparisonFields)[]): ComparisonFields {
  const left = Object.fromEntries(
    Object.entries(fields).filter(([name]) => !names.includes(name as keyof ComparisonFields)),
  );
  return { given: [], ...left };
}

/** Text of any characters whatever, lone halves of a pair among them (fast-check's own of this kind takes seconds to set up). */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const character = fc.oneof(
    fc.integer({ min: 0, max: 0x10ffff }),
    fc.integer({ min: 0x20, max: 0x24f }),
    fc.constantFrom(0x200b, 0x200f, 0x202e, 0x300, 0xd83d, 0xdf, 0x130, 0x20),
  );
  return fc.array(character, { maxLength }).map((codes) => String.fromCodePoint(...codes));
}
