import { gunzipSync, gzipSync } from 'node:zlib';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { rejectKey, rejectListKey } from './keys.ts';
import { queryList } from './query-list.ts';
import { pseudonym } from './region-keys.ts';
import { type Store, schemaVersion } from './store.ts';
import { putNew, type Write } from './transaction.ts';

/** The formats in which a feed can come. */
export type FeedFormat = 'fhir' | 'hl7v2';

/** A message that was refused for what it holds, without the message itself. */
export interface Reject {
  readonly id: string;
  /** ODS code of the sending organisation, and the sender's subject. */
  readonly organisation: string;
  readonly sender: string;
  readonly format: FeedFormat;
  /** X-Request-ID of FHIR, MSH-10 of HL7 v2. */
  readonly messageId: string;
  readonly code: ErrorCode;
  /** Places and static words, never values. */
  readonly issues: readonly string[];
  readonly at: string;
  /** Bytes of the message. */
  readonly size: number;
  /** False where the message is larger than an item holds. */
  readonly isKept: boolean;
  readonly expiresAt: number;
}

/** An item takes 400 KB: what is larger when compressed is not kept. */
const largestKept = 350_000;

/** Issues that are listed with a reject: a message of a thousand bad lines is bad enough by its first. */
const mostIssues = 20;

/** The id of a reject: the same bytes under the same message id are one reject, however often they are sent. */
export function rejectId(
  { keys }: Store,
  { digest, messageId, organisation }: { organisation: string; messageId: string; digest: string },
): string {
  return pseudonym(keys, 'reject', `${organisation} ${messageId} ${digest}`);
}

/** The writes that keep a refused message and list it, for its sender and for all; `kept` when it is there already. */
export function putReject(
  { recordTable }: Store,
  reject: Omit<Reject, 'isKept' | 'size'>,
  message: string,
): Write<'kept'>[] {
  const body = gzipSync(message);
  const isKept = body.length <= largestKept;
  const size = Buffer.byteLength(message);
  const { at, id, organisation } = reject;
  const item = { ...reject, issues: reject.issues.slice(0, mostIssues), size, isKept, schemaVersion };
  return [
    putNew(recordTable, { ...rejectKey(id), ...item, type: 'Reject', ...(isKept && { body }) }, 'kept'),
    ...[undefined, organisation].map((of) => ({
      item: {
        Put: {
          TableName: recordTable,
          Item: { ...rejectListKey(of, at, id), ...item, type: 'RejectListing' },
        },
      },
    })),
  ];
}

/** A reject and, where it was kept, the message as it came; undefined when there is none or its time is over. */
export async function getReject(
  { client, now, recordTable }: Store,
  id: string,
): Promise<(Reject & { readonly message?: string }) | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: recordTable, Key: rejectKey(id), ConsistentRead: true }),
  );
  if (!Item || isOver(Item as Reject, now())) return undefined;
  const { body, ...reject } = Item as Reject & { readonly body?: Uint8Array };
  return { ...reject, ...(body && { message: gunzipSync(body).toString('utf8') }) };
}

/** One page of the rejects of an organisation, or of all when none is named, newest first, from behind `after` (a sort key). */
export async function listRejects(
  store: Store,
  organisation: string | undefined,
  limit: number,
  after?: string,
): Promise<{ rejects: Reject[]; last?: string }> {
  const { PK } = rejectListKey(organisation, '', '');
  const { items, last } = await queryList<Reject>(store, PK, { limit, after, newestFirst: true });
  const rejects = items.filter((reject) => !isOver(reject, store.now()));
  return { rejects, ...(last && { last }) };
}

/** DynamoDB removes an expired item within days, not at once. */
function isOver({ expiresAt }: Reject, now: Date): boolean {
  return expiresAt * 1000 <= now.getTime();
}
