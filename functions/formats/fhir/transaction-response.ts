import type { Bundle } from 'fhir/r4.js';

/** Our code system for what became of an entry. */
export const fateSystem = 'https://towpath.example/fhir/CodeSystem/entry-fate';

interface EntryAnswerLike {
  readonly fate: string;
  readonly resourceType: string;
  readonly personId?: string;
  readonly reason?: string;
  readonly possibleDuplicates?: number;
}

/** HTTP status of an entry: created for what is new, accepted for what is held but not served. */
const statuses: Readonly<Record<string, string>> = {
  'person-created': '201 Created',
  'person-linked': '201 Created',
  stored: '201 Created',
  quarantined: '202 Accepted',
  'set-aside': '202 Accepted',
};

/** The transaction-response Bundle: one entry for each of the request's, saying what became of it. */
export function writeTransactionResponse(entries: readonly EntryAnswerLike[]): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'transaction-response',
    entry: entries.map(({ fate, resourceType, personId, reason, possibleDuplicates }) => ({
      response: {
        status: statuses[fate] ?? '200 OK',
        ...(personId && { location: `Patient/${personId}` }),
        outcome: {
          resourceType: 'OperationOutcome',
          issue: [
            {
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
            },
          ],
        },
      },
    })),
  };
}
