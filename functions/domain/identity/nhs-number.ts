/** Ten digits that pass Modulus 11; only {@link parseNhsNumber} makes one. */
export type NhsNumber = string & { readonly __brand: 'NhsNumber' };

/** The weights of the first nine digits (NHS Data Dictionary, attribute NHS NUMBER). */
const weights = [10, 9, 8, 7, 6, 5, 4, 3, 2] as const;

/**
 * The tenth digit that belongs to nine digits, or undefined where none does.
 *
 * NHS Data Dictionary, NHS NUMBER: 11 less the weighted sum modulo 11; 11 is written 0 and 10 is never issued.
 */
export function checkDigitOf(nineDigits: string): number | undefined {
  let sum = 0;
  for (const [position, weight] of weights.entries()) sum += weight * Number(nineDigits[position]);
  const check = 11 - (sum % 11);
  if (check === 10) return undefined;
  return check === 11 ? 0 : check;
}

/**
 * Reads an NHS number as people write it: ten digits, with spaces or hyphens (ASCII only) anywhere.
 *
 * Digits of other scripts, full-width digits and invisible characters are refused rather than translated: they
 * are no keyboard's NHS number. Ten equal digits always satisfy Modulus 11 and are always a filler, so they are
 * refused as well.
 */
export function parseNhsNumber(text: string): { ok: true; nhsNumber: NhsNumber } | { ok: false } {
  if (text.length > 32) return { ok: false };
  const digits = text.replaceAll(/[ -]/g, '');
  if (!/^[0-9]{10}$/.test(digits) || /^(.)\1{9}$/.test(digits)) return { ok: false };
  if (checkDigitOf(digits.slice(0, 9)) !== Number(digits[9])) return { ok: false };
  return { ok: true, nhsNumber: digits as NhsNumber };
}

/** The number as it is shown to people, 3-3-4 (NHS Digital service manual, "NHS numbers"). */
export function formatNhsNumber(nhsNumber: NhsNumber): string {
  return `${nhsNumber.slice(0, 3)} ${nhsNumber.slice(3, 6)} ${nhsNumber.slice(6)}`;
}

/** NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE: how far the sender's number has been traced. */
export const nhsNumberStatuses = {
  '01': 'Number present and verified',
  '02': 'Number present but not traced',
  '03': 'Trace required',
  '04': 'Trace attempted - no match or multiple match found',
  '05': 'Trace needs to be resolved (NHS number or patient detail conflict)',
  '06': 'Trace in progress',
  '07': 'Number not present and trace not required',
  '08': 'Trace postponed (baby under six weeks old)',
} as const;

/** True only for status 01: any other number is a claim, not an identity. */
export function isVerified(status: string | undefined): boolean {
  return status === '01';
}
