import { decideOperation } from '../domain/access/decide-access.ts';
import { type MessageOutcome, writeMessageResponse } from '../formats/fhir/message-response.ts';
import { readMessageHead } from '../formats/fhir/one-patient-bundle.ts';
import { writeTransactionResponse } from '../formats/fhir/transaction-response.ts';
import { type AnswerFeed, disclosuresOf } from './answer-feed.ts';
import { refuse } from './region.ts';
import { submitBundle } from './submit-bundle.ts';

/** Files a Bundle; a message is answered by a message, whatever became of it, every other one by a Bundle of its entries' fates. */
export const answerBundle: AnswerFeed = async (region, caller, request) => {
  const { baseUrl, body, receivedAt, requestId, resource } = request;
  const submitted = await submitBundle(region, caller, {
    bundle: resource,
    body,
    requestId,
    ...(receivedAt !== undefined && { receivedAt }),
    newPersonId: () => crypto.randomUUID(),
  });
  const isMessage = submitted.ok ? submitted.value.type === 'message' : isMessageBundle(resource);
  const head = isMessage ? readMessageHead(resource) : undefined;
  const endpoint = `${baseUrl}/$process-message`;
  const respond = (outcome: MessageOutcome) =>
    head && writeMessageResponse(head, outcome, { endpoint, requestId });
  if (!submitted.ok) {
    const { code, issues = [] } = submitted;
    const answer = respond({ code, issues });
    return answer ? { ...submitted, answer: { body: answer } } : submitted;
  }
  const { entries, type } = submitted.value;
  const kind = type === 'batch' ? 'batch-response' : 'transaction-response';
  return {
    ok: true,
    value: {
      status: 200,
      body: respond({ entries }) ?? writeTransactionResponse(entries, kind),
      disclosures: disclosuresOf(entries),
    },
  };
};

/** `$process-message` takes messages alone. */
export const answerMessage: AnswerFeed = async (region, caller, request) => {
  if (isMessageBundle(request.resource)) return answerBundle(region, caller, request);
  const decision = decideOperation(region.policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  return refuse('INVALID_REQUEST', { issues: ['Bundle.type: must be message'] });
};

function isMessageBundle(resource: unknown): boolean {
  return (
    typeof resource === 'object' && resource !== null && 'type' in resource && resource.type === 'message'
  );
}
