import type { LevelOf } from './match-policy.ts';
import { isOneEdit } from './text-distance.ts';

/** The level at which two telephone numbers agree, each the national significant digits. */
export function comparePhones(
  first: string | undefined,
  second: string | undefined,
): LevelOf<'phone'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  if (first === second) return 'exact';
  return isOneEdit(first, second) ? 'one-digit' : 'disagree';
}

/** The level at which two folded email addresses agree; `close` is one slip. */
export function compareEmails(
  first: string | undefined,
  second: string | undefined,
): LevelOf<'email'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  if (first === second) return 'exact';
  return isOneEdit(first, second) ? 'close' : 'disagree';
}

/** Whether two records name the same GP practice. */
export function comparePractices(
  first: string | undefined,
  second: string | undefined,
): LevelOf<'practice'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  return first === second ? 'agree' : 'disagree';
}
