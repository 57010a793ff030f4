import { createHash } from 'node:crypto';
import type { Bundle, OperationOutcome, OperationOutcomeIssue } from 'fhir/r4.js';
import { type ErrorCode, errorCatalogue } from '../../domain/error-catalogue.ts';
import type { MessageHead } from './one-patient-bundle.ts';
import { operationOutcome } from './operation-outcome.ts';
import { type EntryAnswerLike, entryIssue } from './transaction-response.ts';

/** What became of a message: its entries, or why it was refused. */
export type MessageOutcome =
  | { readonly entries: readonly EntryAnswerLike[] }
  | { readonly code: ErrorCode; readonly issues: readonly string[] };

/**
 * The answer to a FHIR message, itself one: `ok`, `transient-error` (send it again) or `fatal-error`, with an OperationOutcome
 * that says what became of each resource or what is wrong. `endpoint` is where the message came in. The same request gets
 * the same answer.
 */
export function writeMessageResponse(
  head: MessageHead,
  outcome: MessageOutcome,
  { endpoint, requestId }: { readonly endpoint: string; readonly requestId: string },
): Bundle {
  const [headerId, outcomeId] = ['header', 'outcome'].map((part) => uuidOf(`${requestId} ${part}`));
  const details: OperationOutcome =
    'entries' in outcome
      ? {
          resourceType: 'OperationOutcome',
          issue: outcome.entries.map((entry): OperationOutcomeIssue => entryIssue(entry)),
        }
      : operationOutcome(outcome.code, outcome.issues);
  const source = head.source;
  return {
    resourceType: 'Bundle',
    type: 'message',
    entry: [
      {
        fullUrl: `urn:uuid:${headerId}`,
        resource: {
          resourceType: 'MessageHeader',
          id: headerId,
          ...head.event,
          ...(typeof source.endpoint === 'string' && { destination: [{ endpoint: source.endpoint }] }),
          source: { name: 'Towpath', endpoint },
          response: {
            identifier: head.id.replace(/^urn:uuid:/, '').slice(0, 64),
            code: responseCode(outcome),
            details: { reference: `urn:uuid:${outcomeId}` },
          },
        },
      },
      { fullUrl: `urn:uuid:${outcomeId}`, resource: { ...details, id: outcomeId } },
    ],
  } as Bundle;
}

function responseCode(outcome: MessageOutcome): 'ok' | 'transient-error' | 'fatal-error' {
  if ('entries' in outcome) return 'ok';
  const { status } = errorCatalogue[outcome.code];
  return status >= 500 || status === 409 || status === 429 ? 'transient-error' : 'fatal-error';
}

/** A UUID (version 8) that the text alone makes. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
