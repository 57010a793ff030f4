import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { type BundleFrame, readBundleFrame } from '../formats/fhir/bundle-frame.ts';
import { readDocument, readMessage } from '../formats/fhir/one-patient-bundle.ts';
import { readTransaction } from '../formats/fhir/transaction-bundle.ts';
import { digestOf } from '../store/digest.ts';
import { type FiledMessage, fileMessage } from './file-message.ts';
import { type Region, type Result, refuse } from './region.ts';
import { submitBatch } from './submit-batch.ts';

/** A FHIR feed as it came. */
export interface SubmittedBundle {
  readonly bundle: unknown;
  readonly body: string;
  readonly requestId: string;
  /** The time of what has none of its own; the present one when absent. */
  readonly receivedAt?: string;
  readonly newPersonId: () => string;
}

/** What became of each entry, in the Bundle's order. */
export interface FiledBundle extends FiledMessage {
  readonly type: BundleFrame['type'];
}

const readers = { transaction: readTransaction, message: readMessage, document: readDocument } as const;

/**
 * Files a Bundle for the caller's organisation: a transaction, message or document all or none, a batch entry by entry. A
 * repeated X-Request-ID gives the first answer again; with another body it is refused.
 */
export async function submitBundle(
  region: Region,
  caller: Caller,
  request: SubmittedBundle,
): Promise<Result<FiledBundle>> {
  const decision = decideOperation(region.policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  const read = readBundleFrame(request.bundle);
  if (!read.ok) return refuse(read.tooLong ? 'TOO_LARGE' : 'INVALID_REQUEST', { issues: read.issues });
  const { newPersonId, receivedAt, requestId } = request;
  const frame = { ...(receivedAt !== undefined && { sentAt: receivedAt }), ...read.frame };
  const sent = { requestId, newPersonId, bodyDigest: digestOf(request.body) };
  if (frame.type === 'batch')
    return { ok: true, value: { type: 'batch', ...(await submitBatch(region, caller, frame, sent)) } };
  const message = readers[frame.type](frame);
  if (!message.ok) return refuse('INVALID_REQUEST', { issues: message.issues });
  const filed = await fileMessage(region, caller, message.message, sent);
  return filed.ok ? { ok: true, value: { type: frame.type, ...filed.value } } : filed;
}
