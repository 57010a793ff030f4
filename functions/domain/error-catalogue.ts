/** The code system of {@link errorCatalogue}, sent in `OperationOutcome.issue.details.coding.system`. */
export const errorSystem = 'https://towpath.example/fhir/CodeSystem/error';

interface CatalogueEntry {
  /** HTTP status. */
  readonly status: number;
  /** FHIR R4 `issue-type`. */
  readonly issue:
    | 'invalid'
    | 'structure'
    | 'not-supported'
    | 'login'
    | 'forbidden'
    | 'suppressed'
    | 'not-found'
    | 'multiple-matches'
    | 'conflict'
    | 'too-long'
    | 'throttled'
    | 'transient'
    | 'timeout'
    | 'exception';
  /** What happened and what the caller can do, in static words: never an exception's message or an input's value. */
  readonly text: string;
}

/** Every error the region can answer: one row a code; responses, gateway responses, OpenAPI and tests read it. */
export const errorCatalogue = {
  INVALID_NHS_NUMBER: {
    status: 400,
    issue: 'invalid',
    text: 'The NHS number is not ten digits with a valid Modulus 11 check digit.',
  },
  INVALID_REQUEST: {
    status: 400,
    issue: 'invalid',
    text: 'The request does not have the documented shape. Compare it with /openapi.json.',
  },
  TOO_FEW_SEARCH_FIELDS: {
    status: 400,
    issue: 'invalid',
    text: 'Give an NHS number with a birth date or a family name, or both of these, or three of family, given, birthDate, gender and postcode.',
  },
  // As PDS answers it: the request was good, only the answer is no answer.
  TOO_MANY_MATCHES: {
    status: 200,
    issue: 'multiple-matches',
    text: 'More people match than may be answered. Give more fields, or a larger _max-results.',
  },
  UNAUTHENTICATED: { status: 401, issue: 'login', text: 'A valid bearer token for this region is needed.' },
  FORBIDDEN_ROLE: { status: 403, issue: 'forbidden', text: 'The role in the token may not do this.' },
  NO_AGREEMENT: {
    status: 403,
    issue: 'forbidden',
    text: 'The organisation in the token has no agreement with this region to view this.',
  },
  NO_RELATIONSHIP: {
    status: 403,
    issue: 'forbidden',
    text: 'No legitimate relationship between the organisation and this patient is known.',
  },
  NO_PATIENT_CONSENT: {
    status: 403,
    issue: 'suppressed',
    text: 'The patient has objected to the sharing of this record.',
  },
  PATIENT_NOT_FOUND: { status: 404, issue: 'not-found', text: 'No such patient.' },
  TASK_NOT_FOUND: { status: 404, issue: 'not-found', text: 'No such review task.' },
  INTAKE_NOT_FOUND: {
    status: 404,
    issue: 'not-found',
    text: 'No such feed of this organisation was queued.',
  },
  REJECT_NOT_FOUND: { status: 404, issue: 'not-found', text: 'No such refused message is kept.' },
  ENTRY_NOT_LOGGED: {
    status: 404,
    issue: 'not-found',
    text: 'No such audit entry is in the signed log. One is there about a second after its answer.',
  },
  NOT_FOUND: { status: 404, issue: 'not-found', text: 'No such path. The routes are in /openapi.json.' },
  METHOD_NOT_ALLOWED: { status: 405, issue: 'not-supported', text: 'The path does not take this method.' },
  CONFLICT: {
    status: 409,
    issue: 'conflict',
    text: 'The record changed at the same moment. Send the request again.',
  },
  IDENTITY_CONFLICT: {
    status: 409,
    issue: 'conflict',
    text: 'What is known of these people stands against this change. The diagnostics say what, and what would allow it.',
  },
  STALE_VERSION: {
    status: 412,
    issue: 'conflict',
    text: 'The version in If-Match, or in the body, is not the current one.',
  },
  TOO_LARGE: {
    status: 413,
    issue: 'too-long',
    text: 'The request is larger than is taken: 6 MB, 400 KB an entry, 4 MB a document, 100 changes a transaction. Split it.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    issue: 'not-supported',
    text: 'Send application/fhir+json or application/json; to /hl7v2, application/hl7-v2.',
  },
  IDEMPOTENCY_MISMATCH: {
    status: 422,
    issue: 'conflict',
    text: 'This X-Request-ID was used before with another body.',
  },
  THROTTLED: {
    status: 429,
    issue: 'throttled',
    text: 'Too many requests. Wait, then send the request again.',
  },
  INTERNAL: {
    status: 500,
    issue: 'exception',
    text: 'Something failed here. Quote the X-Request-ID to the region.',
  },
  AUDIT_UNAVAILABLE: {
    status: 503,
    issue: 'transient',
    text: 'The audit log cannot be written, so nothing is disclosed. Send the request again.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    issue: 'transient',
    text: 'The record cannot be read or written at this moment. Send the request again.',
  },
  TIMEOUT: { status: 504, issue: 'timeout', text: 'The answer took too long. Send the request again.' },
} as const satisfies Record<string, CatalogueEntry>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;
