type EngineErrorCode = 'LOCKED' | 'UNWRITABLE' | 'CORRUPT' | 'WRITE_FAILED' | 'TABLE_DIFFERS';

/** A failure of the engine itself, with a message that says what to do and the cause beneath it. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** An answer other than success, in DynamoDB's wire form: HTTP status and JSON body with `__type`. */
export class ServiceError extends Error {
  readonly statusCode: number;
  readonly body: Record<string, unknown>;

  constructor(statusCode: number, type: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.statusCode = statusCode;
    this.body = { __type: type, message, ...details };
  }
}

/** A request that breaks a rule of the API, before anything is read. */
export function validationError(message: string): ServiceError {
  return new ServiceError(400, 'com.amazon.coral.validate#ValidationException', message);
}

/** An error of DynamoDB's own vocabulary, such as `TransactionCanceledException`. */
export function dynamoError(name: string, message: string, details?: Record<string, unknown>): ServiceError {
  return new ServiceError(400, `com.amazonaws.dynamodb.v20120810#${name}`, message, details);
}

/** The answer when the engine failed, not the request; the SDK retries it. */
export function internalServerError(): ServiceError {
  return new ServiceError(
    500,
    'com.amazonaws.dynamodb.v20120810#InternalServerError',
    'The request could not be stored: the local engine has failed. See its own output for the cause.',
  );
}

/** Whether an error is an answer in wire form, ours or dynalite's (which carries the same two fields). */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'statusCode' in error && 'body' in error;
}
