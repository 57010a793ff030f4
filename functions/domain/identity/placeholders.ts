/**
 * Values that systems write where nothing is known. Two babies "BABY OF UNKNOWN" at ZZ99 agree on nothing, so
 * matching takes each of these as missing.
 */

/** Whole names that are no name, in lower case. */
const emptyNames = new Set([
  'unknown',
  'not known',
  'not stated',
  'not given',
  'unnamed',
  'no name',
  'none',
  'nil',
  'na',
  'tbc',
  'xx',
  'xxx',
  'baby',
  'baby boy',
  'baby girl',
  'boy',
  'girl',
  'infant',
  'male',
  'female',
  'male infant',
  'female infant',
  'twin',
  'triplet',
]);

/** "Baby of Jones", "twin one", "triplet 2", "b/o Jones": a birth order, not a name. */
const birthOrder =
  /^(?:(?:baby|infant|boy|girl|male|female|son|daughter) of|b o|bo of|(?:baby |infant )?(?:twin|triplet|quad)) ?(?:[0-9abc]|one|two|three|i{1,3})?(?: .*)?$/;

/** Titles, ranks and honours that senders put before or after a name. Dean, Earl and Duke are given names too, and stay. */
const titles = new Set([
  'mr',
  'mrs',
  'miss',
  'ms',
  'mx',
  'dr',
  'prof',
  'professor',
  'sir',
  'dame',
  'lord',
  'lady',
  'rev',
  'reverend',
  'venerable',
  'canon',
  'father',
  'sister',
  'master',
  'hon',
  'honourable',
  'rt',
  'viscount',
  'viscountess',
  'countess',
  'duchess',
  'marquess',
  'esq',
  'jnr',
  'jr',
  'snr',
  'sr',
  'admiral',
  'brigadier',
  'captain',
  'capt',
  'colonel',
  'col',
  'commander',
  'corporal',
  'general',
  'lieutenant',
  'lt',
  'major',
  'sergeant',
  'sgt',
  'phd',
  'obe',
  'mbe',
  'cbe',
  'qc',
  'kc',
]);

/** "1st", "5th": peers and monarchs are numbered. */
const ordinal = /^\d+(?:st|nd|rd|th)$/;

/** True when the name, folded to lower-case words, stands for no name. */
export function isPlaceholderName(foldedName: string): boolean {
  return emptyNames.has(foldedName) || birthOrder.test(foldedName);
}

/** True for a title that is no part of a name. */
export function isTitle(foldedWord: string): boolean {
  return titles.has(foldedWord) || ordinal.test(foldedWord);
}

/** ZZ99 is the ONS pseudo-country series (ZZ99 3VZ: no fixed abode; ZZ99 3WZ: unknown address): not a place to live. */
export function isPlaceholderPostcode(postcode: string): boolean {
  return postcode.startsWith('ZZ99');
}

/** The days that databases hold where no birth date is known. */
export function isPlaceholderBirthDate(birthDate: string): boolean {
  return birthDate === '1900-01-01' || birthDate === '1800-01-01';
}
