import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { digestOf } from '../store/digest.ts';
import { type FeedFormat, putReject, rejectId } from '../store/reject.ts';
import { instant } from '../store/store.ts';
import { transact } from '../store/transaction.ts';
import type { Region } from './region.ts';

/** Refusals that say something of the message: sending the same again gives the same. */
const contentCodes: ReadonlySet<ErrorCode> = new Set([
  'INVALID_REQUEST',
  'INVALID_NHS_NUMBER',
  'TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'IDEMPOTENCY_MISMATCH',
]);

/** A message that is being refused. */
export interface RefusedMessage {
  readonly format: FeedFormat;
  /** X-Request-ID of FHIR, MSH-10 of HL7 v2. */
  readonly messageId: string;
  readonly code: ErrorCode;
  /** Places and static words, never values. */
  readonly issues: readonly string[];
  /** The message as it came. */
  readonly message: string;
}

/**
 * Keeps a message that a feed was refused for what it holds, so that it can be looked at and sent again; nothing else
 * changes. A refusal for another reason (the role, the moment) keeps nothing, and neither does a sender who may not feed.
 * Gives the reject's id.
 */
export async function keepReject(
  { policy, store }: Region,
  caller: Caller,
  { code, format, issues, message, messageId }: RefusedMessage,
): Promise<string | undefined> {
  if (!contentCodes.has(code) || !decideOperation(policy, caller, 'record.write').allowed) return undefined;
  const { organisation, subject: sender } = caller;
  const id = rejectId(store, { organisation, messageId, digest: digestOf(message) });
  const expiresAt = Math.floor(store.now().getTime() / 1000) + policy.intake.rejectDays * 86_400;
  const reject = { id, organisation, sender, format, messageId, code, issues, at: instant(store), expiresAt };
  await transact(store, putReject(store, reject, message));
  return id;
}
