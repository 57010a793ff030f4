import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { readTransactionBundle } from '../formats/fhir/transaction-bundle.ts';
import { digestOf } from '../store/digest.ts';
import { type FiledMessage, fileMessage } from './file-message.ts';
import { type Region, type Result, refuse } from './region.ts';

/**
 * Stores the patients and clinical entries of one transaction Bundle for the caller's organisation, all or none. A
 * repeated X-Request-ID gives the first answer again; with another body it is refused.
 */
export async function submitBundle(
  region: Region,
  caller: Caller,
  request: { bundle: unknown; body: string; requestId: string; newPersonId: () => string },
): Promise<Result<FiledMessage>> {
  const decision = decideOperation(region.policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  const read = readTransactionBundle(request.bundle);
  if (!read.ok) return refuse('INVALID_REQUEST', { issues: read.issues });
  const { newPersonId, requestId } = request;
  return fileMessage(region, caller, read.message, {
    requestId,
    newPersonId,
    bodyDigest: digestOf(request.body),
  });
}
