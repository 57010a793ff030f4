import type { Caller } from '../domain/access/caller.ts';
import type { EntryAnswer } from './file-message.ts';
import type { Disclosure, Region, Result } from './region.ts';

/** A feed as it was sent to one of the operations that take feeds. */
export interface FeedRequest {
  /** The body's exact text, and what it says. */
  readonly body: string;
  readonly resource: unknown;
  readonly requestId: string;
  /** The region's address as the sender reached it. */
  readonly baseUrl: string;
  /** When it was accepted, where it has waited since: it counts as the time of what has none of its own. */
  readonly receivedAt?: string;
  /** The type in the path, where one resource is sent alone, and its id. */
  readonly type?: string;
  readonly id?: string;
  /** `If-None-Exist`, and the version in `If-Match`. */
  readonly ifNoneExist?: string;
  readonly expectedVersion?: number;
}

/** What a feed is answered, at once or when its status is asked for. */
export interface FeedAnswer {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly disclosures: readonly Disclosure[];
}

/** Files what one operation takes, and says what became of it. */
export type AnswerFeed = (
  region: Region,
  caller: Caller,
  request: FeedRequest,
) => Promise<Result<FeedAnswer>>;

/** Whose records a feed changed, those included from which an entry was taken. */
export function disclosuresOf(entries: readonly EntryAnswer[]): Disclosure[] {
  const people = new Map<string, number>();
  for (const { personId, takenFrom } of entries)
    for (const one of [personId, takenFrom]) if (one) people.set(one, (people.get(one) ?? 0) + 1);
  return [...people].map(([personId, resourceCount]) => ({ personId, resourceCount }));
}
