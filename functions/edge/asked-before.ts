import { createHash } from 'node:crypto';
import type { Caller } from '../domain/access/caller.ts';

/** Questions that this execution environment remembers at most, the oldest forgotten first. */
const remembered = 10_000;
const hour = 3_600_000;

/** When each question was counted, in epoch milliseconds, by its digest. */
const counted = new Map<string, number>();

/** Names the question of a user without saying it. `request` is what was asked, as text. */
export function nameQuestion({ organisation, subject }: Caller, operation: string, request: string): string {
  return createHash('sha256')
    .update(JSON.stringify([organisation, subject, operation, request]))
    .digest('base64');
}

/**
 * Whether the user was counted for this very question within the hour: asking it again tells nothing new, so a screen that
 * is opened again spends no quota. `now` is in epoch milliseconds.
 */
export function wasCounted(question: string, now: number): boolean {
  const at = counted.get(question);
  return at !== undefined && now - at < hour;
}

/** Remembers that the question was counted. */
export function rememberCounted(question: string, now: number): void {
  counted.delete(question);
  counted.set(question, now);
  if (counted.size <= remembered) return;
  const [oldest] = counted.keys();
  if (oldest !== undefined) counted.delete(oldest);
}
