import type { Hash } from './merkle.ts';

/** The head of a log: how many entries it has, and the root of the tree over them. */
export interface Checkpoint {
  /** Which log it is. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** Which log a region's is: named after the region's address, as its base URL has it. */
export function logOrigin({ tokenAudience }: { readonly tokenAudience: string }): string {
  return `${new URL(tokenAudience).host}/audit-log`;
}

/** The text that is signed (C2SP tlog-checkpoint). */
export function writeCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Reads the text of a checkpoint, extension lines passed over; undefined when it is none. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const [origin, sizeText, rootText] = text.split('\n');
  if (!origin || !sizeText || !rootText || !/^(0|[1-9][0-9]{0,15})$/.test(sizeText)) return undefined;
  const root = Buffer.from(rootText, 'base64');
  const size = Number(sizeText);
  if (root.length !== 32 || root.toString('base64') !== rootText || !Number.isSafeInteger(size))
    return undefined;
  return { origin, size, root };
}
