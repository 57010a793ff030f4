import { createHash } from 'node:crypto';

/** SHA-256 (hex) of a text. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
