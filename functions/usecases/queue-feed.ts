import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { type Caller, callerSchema } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { digestOf } from '../store/digest.ts';
import { getIntake, intakeId, putIntake } from '../store/intake.ts';
import { largestQueued } from '../store/intake-queue.ts';
import { pseudonym } from '../store/region-keys.ts';
import { instant } from '../store/store.ts';
import { transact } from '../store/transaction.ts';
import { type Region, type Result, refuse } from './region.ts';

/** A feed as it waits in the queue. */
export const queuedFeedSchema = z.object({
  intakeId: z.string(),
  /** The operation to which it was sent, as whose its audit entry is written. */
  operation: z.string(),
  caller: callerSchema,
  requestId: z.string(),
  baseUrl: z.string(),
  acceptedAt: z.string(),
  /** The type and id in its path, and the conditions of its headers, where one resource was sent alone. */
  target: z.object({
    type: z.string().optional(),
    id: z.string().optional(),
    ifNoneExist: z.string().optional(),
    expectedVersion: z.number().optional(),
  }),
  /** The body: gzip, base64. */
  body: z.string(),
});

/** See {@link queuedFeedSchema}. */
export type QueuedFeed = z.infer<typeof queuedFeedSchema>;

/**
 * Whether a feed waits for its answer. `prefer` is its header `Prefer` (RFC 7240 §4.1), and without one the region says; a
 * sender of HL7 v2 waits for an acknowledgement unless they say otherwise.
 */
export function isToBeQueued(
  { policy, store }: Region,
  prefer: string,
  answers: Region['policy']['intake']['answers'] = policy.intake.answers,
): boolean {
  if (!store.intake) return false;
  const preferences = prefer.split(/[,;]/).map((one) => one.trim());
  if (preferences.includes('respond-sync')) return false;
  return preferences.includes('respond-async') || answers === 'queued';
}

/**
 * Puts a feed into the queue, behind the others about the same record (`about`) or, where that is not known, of its sender;
 * gives the id under which its fate can be asked for. A repeated request id is the same feed; with another body it is
 * refused. Undefined when it is larger than the queue takes: then it is answered at once.
 */
export async function queueFeed(
  { policy, store }: Region,
  caller: Caller,
  feed: Pick<QueuedFeed, 'operation' | 'requestId' | 'baseUrl' | 'target'> & {
    readonly body: string | Uint8Array;
    readonly about?: string | undefined;
  },
): Promise<Result<string | undefined>> {
  const decision = decideOperation(policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  if (!store.intake) throw new Error('this function was not given the queue of feeds');
  const { about, baseUrl, body, operation, requestId, target } = feed;
  const { organisation } = caller;
  const id = intakeId(store, organisation, requestId);
  const packed = gzipSync(body).toString('base64');
  const bodyDigest = digestOf(
    `${operation} ${JSON.stringify(target)} ${Buffer.from(body).toString('base64')}`,
  );
  const queued: QueuedFeed = {
    intakeId: id,
    operation,
    caller,
    requestId,
    baseUrl,
    acceptedAt: instant(store),
    target,
    body: packed,
  };
  const text = JSON.stringify(queued);
  if (Buffer.byteLength(text) > largestQueued) return { ok: true, value: undefined };
  await transact(store, [putIntake(store, { id, organisation, bodyDigest })]);
  const known = await getIntake(store, id);
  if (known && known.bodyDigest !== bodyDigest) return refuse('IDEMPOTENCY_MISMATCH');
  // Sent again before it is filed, it is queued again: whether the first one came into the queue, nobody knows.
  if (!known?.answer)
    await store.intake.send(text, {
      group: pseudonym(store.keys, 'intake-group', about ? `${organisation} ${about}` : organisation),
      once: digestOf(`${id} ${bodyDigest}`),
    });
  return { ok: true, value: id };
}
