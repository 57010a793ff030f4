import type { ErrorCode } from '../domain/error-catalogue.ts';

/** Ends a request with an error of the catalogue. */
export class RefusedRequest extends Error {
  readonly code: ErrorCode;
  readonly personId: string | undefined;
  readonly issues: readonly string[];
  constructor(code: ErrorCode, personId?: string, issues: readonly string[] = [], cause?: unknown) {
    super(code, { cause });
    this.name = 'RefusedRequest';
    this.code = code;
    this.personId = personId;
    this.issues = issues;
  }
}

/** Errors of the AWS SDK that say "not now" rather than "wrong". */
const passingFaults: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'InternalServerError',
  'InternalServiceError',
  'ServiceUnavailable',
  'TimeoutError',
  'TransactionInProgressException',
  'TransactionCanceledException',
]);

/** What the caller is told of an unexpected error: to come back, or that something failed here. */
export function toRefusedRequest(error: unknown): RefusedRequest {
  const passing =
    error instanceof Error &&
    (passingFaults.has(error.name) ||
      ('code' in error && /^(ECONN|EPIPE|ETIMEDOUT)/.test(String(error.code))));
  return new RefusedRequest(passing ? 'STORE_UNAVAILABLE' : 'INTERNAL', undefined, [], error);
}
