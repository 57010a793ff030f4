import type { ErrorCode } from '../domain/error-catalogue.ts';
import type { RefusalAnswer } from '../usecases/region.ts';

/** Ends a request with an error of the catalogue. */
export class RefusedRequest extends Error {
  readonly code: ErrorCode;
  readonly personId: string | undefined;
  readonly issues: readonly string[];
  /** What the caller is told in place of an OperationOutcome. */
  readonly answer: RefusalAnswer | undefined;
  constructor(
    code: ErrorCode,
    personId?: string,
    issues: readonly string[] = [],
    cause?: unknown,
    answer?: RefusalAnswer,
  ) {
    super(code, { cause });
    this.name = 'RefusedRequest';
    this.code = code;
    this.personId = personId;
    this.issues = issues;
    this.answer = answer;
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
