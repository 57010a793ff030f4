import type { Bundle, BundleEntry, OperationOutcome, OperationOutcomeIssue } from 'fhir/r4.js';
import { type ErrorCode, errorCatalogue } from '../../domain/error-catalogue.ts';
import { operationOutcome } from './operation-outcome.ts';

/** Our code system for what became of an entry. */
export const fateSystem = 'https://towpath.example/fhir/CodeSystem/entry-fate';

/** What became of one resource of a feed. */
export interface EntryAnswerLike {
  readonly fate: string;
  readonly resourceType: string;
  readonly personId?: string;
  readonly reason?: string;
  readonly possibleDuplicates?: number;
  /** Of a batch: why this entry was refused. */
  readonly refusal?: { readonly code: ErrorCode; readonly issues: readonly string[] };
}

/** HTTP status of an entry: created for what is new, accepted for what is held but not served. */
const statuses: Readonly<Record<string, string>> = {
  'person-created': '201 Created',
  'person-linked': '201 Created',
  stored: '201 Created',
  quarantined: '202 Accepted',
  'set-aside': '202 Accepted',
};

/** The HTTP status, with its words, that says what became of an entry. */
export function statusOf({ fate, refusal }: EntryAnswerLike): string {
  return refusal ? String(errorCatalogue[refusal.code].status) : (statuses[fate] ?? '200 OK');
}

/** What became of an entry, as an issue of an OperationOutcome. */
export function entryIssue({
  fate,
  possibleDuplicates,
  reason,
  resourceType,
}: EntryAnswerLike): OperationOutcomeIssue {
  return {
    severity: 'information',
    code: 'informational',
    details: {
      coding: [
        { system: fateSystem, code: fate },
        ...(reason ? [{ system: fateSystem, code: reason }] : []),
        ...(possibleDuplicates ? [{ system: fateSystem, code: 'possible-duplicate' }] : []),
      ],
      text: `${resourceType}: ${fate}`,
    },
  };
}

/** The answer to a transaction, a document or a batch: one entry for each of the request's, saying what became of it. */
export function writeTransactionResponse(
  entries: readonly EntryAnswerLike[],
  type: 'transaction-response' | 'batch-response' = 'transaction-response',
): Bundle {
  return {
    resourceType: 'Bundle',
    type,
    entry: entries.map((entry): BundleEntry => {
      const { personId, refusal } = entry;
      return {
        response: {
          status: statusOf(entry),
          ...(personId && { location: `Patient/${personId}` }),
          outcome: refusal
            ? operationOutcome(refusal.code, refusal.issues)
            : ({ resourceType: 'OperationOutcome', issue: [entryIssue(entry)] } satisfies OperationOutcome),
        },
      };
    }),
  };
}
