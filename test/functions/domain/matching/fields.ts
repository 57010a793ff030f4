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
