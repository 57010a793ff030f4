import { checkDigitOf } from '../../functions/domain/identity/nhs-number.ts';

/** NHS numbers from 999 000 0000 up, in order: the range that is set aside for tests and is never issued to anybody. */
export function* testNhsNumbers(first = 0): Generator<string, never> {
  for (let serial = first; ; serial += 1) {
    const nine = `999${String(serial % 1_000_000).padStart(6, '0')}`;
    const check = checkDigitOf(nine);
    if (check !== undefined) yield `${nine}${check}`;
  }
}

/** The same number with another last digit, so that it fails Modulus 11. */
export function breakCheckDigit(nhsNumber: string): string {
  return `${nhsNumber.slice(0, 9)}${(Number(nhsNumber.at(-1)) + 1) % 10}`;
}
