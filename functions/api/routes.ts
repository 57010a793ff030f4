import type { Permission } from '../domain/access/roles.ts';
import { servedDocumentTypes } from '../domain/record/document-type.ts';

/**
 * What a function may do to a table; the CDK grants exactly this. `append` is PutItem alone, `readAppend` Query and PutItem,
 * `readCount` reading, and UpdateItem on counters of searches alone.
 */
export type TableAccess = 'read' | 'readCount' | 'readWrite' | 'append' | 'readAppend';

/** What a function may do with the bodies of documents: create new ones, or read one whose digest it knows. */
export type DocumentAccess = 'keep' | 'read';

/** A query parameter of an operation. */
export interface QueryParameter {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  /** FHIR's search parameter type; `reference` when absent. */
  readonly type?: 'string' | 'token' | 'date' | 'reference';
  /** It may be given more than once; any other that is repeated is INVALID_REQUEST. */
  readonly repeatable?: true;
}

/** One operation: a row here and functions/api/<operation>.ts are all that a new one needs. */
export interface Route {
  /** Kebab-case; names the entry file, the function and the OpenAPI operationId. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below {@link basePath}; `''` is the base itself. */
  readonly path: string;
  /** Where a fixed path of another row hides this one's parameter: API Gateway takes the fixed one, whatever the method. */
  readonly alsoAt?: string;
  readonly summary: string;
  /** What the caller's role must hold; `open` needs no token and touches no patient data. */
  readonly permission: Permission | 'open';
  readonly tables: { readonly record?: TableAccess; readonly audit?: 'append' | 'readAppend' };
  /** What the function does with the key of access tokens: `sign` reads the public half too. */
  readonly tokenKey?: 'publish' | 'sign';
  /** The fields of a body that is a form, and whose answers are OAuth's in place of FHIR's. */
  readonly form?: readonly QueryParameter[];
  /** Names a schema of api/schemas.ts for the body. */
  readonly requestSchema?:
    | 'MatchParameters'
    | 'MergeParameters'
    | 'UnmergeParameters'
    | 'BreakGlassParameters'
    | 'ReviewDecision'
    | 'AlertReview'
    | 'Agreements'
    | 'Simulation'
    | 'FeedBundle'
    | 'FeedResource'
    | 'Consent';
  /** Media types of a body that is no JSON: handed on as its bytes, and answered under the first of them. */
  readonly bodyTypes?: readonly string[];
  /** Query parameters that the operation takes; any other is INVALID_REQUEST. */
  readonly query: readonly QueryParameter[];
  /** Answers plain JSON, where FHIR has nothing. */
  readonly plainJson?: true;
  /** Reads the verifiable audit log: its head, tiles and entries. */
  readonly readsLog?: true;
  /** Media types as which it answers bytes to a caller whose `Accept` names one first. */
  readonly bytes?: readonly string[];
  /** What the function does with the documents bucket: a feed keeps bodies there, and never reads one. */
  readonly documents?: DocumentAccess;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
}

/** All operations live below this path. */
export const basePath = '/FHIR/R4';

const count = {
  name: '_count',
  required: false,
  description: 'Entries a page, 1 to 100; larger is clamped.',
};
const cursor = { name: '_cursor', required: false, description: 'Opaque position from a `next` link.' };
const patient = { name: 'patient', required: true, description: 'Patient/{id}, or the id alone.' };

const optional = (name: string, type: NonNullable<QueryParameter['type']>, description: string) => ({
  name,
  type,
  required: false,
  description,
});

const asOf = optional(
  '_asOf',
  'date',
  'The record as it was at this instant (`2026-03-04T09:00:00Z`); it may not lie ahead.',
);

const patientSearch: readonly QueryParameter[] = [
  optional('identifier', 'token', 'NHS number, alone or after `https://fhir.nhs.uk/Id/nhs-number|`.'),
  optional('family', 'string', 'Family name; `*` stands for anything behind two letters, unless fuzzy.'),
  {
    ...optional('given', 'string', 'Given names in their order, repeated or in one; `*` as in `family`.'),
    repeatable: true,
  },
  {
    ...optional('birthdate', 'date', '`YYYY-MM-DD` (or `eq…`), or a range: `ge…` and `le…`, one or both.'),
    repeatable: true,
  },
  {
    ...optional('death-date', 'date', 'As `birthdate`; when fuzzy it only lowers the score.'),
    repeatable: true,
  },
  optional('gender', 'token', '`male`, `female`, `other` or `unknown`.'),
  optional('address-postalcode', 'string', 'Postcode, with or without its space; `*` as in `family`.'),
  optional('address-postcode', 'string', 'Former name of `address-postalcode`.'),
  optional('general-practitioner', 'token', 'ODS code of the practice; when fuzzy it only lowers the score.'),
  optional('phone', 'token', 'Phone number, with or without its country code.'),
  optional('email', 'token', 'Email address.'),
  optional(
    '_fuzzy-match',
    'token',
    '`true`: homophones, nicknames, slips, exchanged names and history count.',
  ),
  optional('_exact-match', 'token', '`true`: only people whose score is 1.'),
  optional(
    '_history',
    'token',
    '`true`: former names, postcodes, phones and emails count; always when fuzzy.',
  ),
  optional('_max-results', 'token', '1 to 50 (an application: 1); more matches are TOO_MANY_MATCHES.'),
];

const entrySearch: readonly QueryParameter[] = [
  { ...patient, type: 'reference' },
  optional('_id', 'token', 'Ids of entries, with commas between.'),
  {
    ...optional('_lastUpdated', 'date', 'When this version was received: `ge2024-05-01` and the like.'),
    repeatable: true,
  },
  {
    ...optional(
      'date',
      'date',
      'The clinical date, by which the record is ordered, whatever element holds it.',
    ),
    repeatable: true,
  },
  optional('status', 'token', "The entry's own state, several with commas between."),
  optional('clinical-status', 'token', 'As `status`.'),
  optional('category', 'token', '`code`, `system|code`, several with commas between.'),
  optional('code', 'token', 'As `category`: what the entry is of, medicines and vaccines too.'),
  optional('type', 'token', 'As `category`: the type of a document or a contact.'),
  asOf,
  count,
  cursor,
];

const everything: readonly QueryParameter[] = [
  optional('_since', 'date', 'Only what was received since this instant.'),
  optional('_type', 'token', 'FHIR types, with commas between.'),
  optional('start', 'date', 'Only entries whose clinical date is not before this.'),
  optional('end', 'date', 'Only entries whose clinical date is not after this.'),
  asOf,
  count,
  cursor,
];

const tokenForm: readonly QueryParameter[] = [
  { name: 'grant_type', required: true, description: '`client_credentials`.' },
  {
    name: 'client_assertion_type',
    required: true,
    description: '`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.',
  },
  {
    name: 'client_assertion',
    required: true,
    description:
      'A JWT (ES384 or RS512) under a registered key named by `kid`: `iss` and `sub` the client id, `aud` the region’s token ' +
      'endpoint, `jti` new each time, `iat`, `exp` within five minutes of it; and, for a role in which a person looks, ' +
      '`user` with `id` and `name`, and `sid` for the session.',
  },
  { name: 'scope', required: false, description: 'One role; needed where the client may have several.' },
];

/** The table of operations: routes, grants, functions, the authoriser's rules and OpenAPI are made from it. */
export const routes: readonly Route[] = [
  {
    operation: 'get-capability-statement',
    method: 'GET',
    path: '/metadata',
    summary: 'What this region can do, as a FHIR CapabilityStatement',
    permission: 'open',
    tables: {},
    query: [],
    memoryMegabytes: 512,
    timeoutSeconds: 5,
  },
  {
    operation: 'get-openapi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'The OpenAPI 3.1 document of this region',
    permission: 'open',
    tables: {},
    query: [],
    memoryMegabytes: 512,
    timeoutSeconds: 5,
  },
  {
    operation: 'get-status',
    method: 'GET',
    path: '/_status',
    summary: 'Whether the region can read its store',
    permission: 'open',
    tables: { record: 'read' },
    query: [],
    memoryMegabytes: 512,
    timeoutSeconds: 5,
  },
  {
    operation: 'issue-token',
    method: 'POST',
    path: '/oauth2/token',
    summary: 'Exchange a signed client assertion for an access token of ten minutes',
    permission: 'open',
    tables: { record: 'append', audit: 'append' },
    tokenKey: 'sign',
    form: tokenForm,
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'get-token-keys',
    method: 'GET',
    path: '/oauth2/jwks',
    summary: 'The public keys of the access tokens that this region issues',
    permission: 'open',
    tables: {},
    tokenKey: 'publish',
    query: [],
    memoryMegabytes: 512,
    timeoutSeconds: 5,
  },
  {
    operation: 'get-smart-configuration',
    method: 'GET',
    path: '/.well-known/smart-configuration',
    summary: 'Where and how clients get access tokens, as SMART on FHIR clients look for it',
    permission: 'open',
    tables: {},
    query: [],
    memoryMegabytes: 512,
    timeoutSeconds: 5,
  },
  {
    operation: 'match-patient',
    method: 'POST',
    path: '/Patient/$match',
    summary: 'Find the one person, by NHS number or by demographics',
    permission: 'patient.match',
    tables: { record: 'readCount', audit: 'append' },
    requestSchema: 'MatchParameters',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'search-patients',
    method: 'GET',
    path: '/Patient',
    summary: 'Search for people as in the Personal Demographics Service: exact, with wildcards, or fuzzy',
    permission: 'patient.match',
    tables: { record: 'readCount', audit: 'append' },
    query: patientSearch,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-patient',
    method: 'GET',
    path: '/Patient/{id}',
    summary: 'Golden demographics of one person',
    permission: 'patient.read',
    tables: { record: 'read', audit: 'append' },
    query: [asOf],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'list-sections',
    method: 'GET',
    path: '/Patient/{id}/sections',
    summary: 'The sections of the record, with count, latest date and the state of each source',
    permission: 'record.read',
    tables: { record: 'read', audit: 'append' },
    query: [asOf],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-section',
    method: 'GET',
    path: '/Patient/{id}/sections/{code}',
    summary: 'One section of the record, newest first, paged',
    permission: 'record.read',
    tables: { record: 'read', audit: 'append' },
    query: [
      {
        ...optional('date', 'date', 'Clinical date with a prefix (`ge2024-05`): repeated, all must hold.'),
        repeatable: true,
      },
      {
        ...optional('_lastUpdated', 'date', 'When the entry was received here, as `date`.'),
        repeatable: true,
      },
      {
        ...optional('source', 'token', 'ODS code of an organisation; repeated, any of them.'),
        repeatable: true,
      },
      optional('status', 'token', "The entry's own status, several with commas between."),
      asOf,
      count,
      cursor,
    ],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-summary',
    method: 'GET',
    path: '/Patient/{id}/$summary',
    summary: 'The record as an International Patient Summary: a FHIR document Bundle',
    permission: 'record.read',
    tables: { record: 'read', audit: 'append' },
    query: [asOf],
    memoryMegabytes: 1024,
    timeoutSeconds: 20,
  },
  {
    operation: 'read-everything',
    method: 'GET',
    path: '/Patient/{id}/$everything',
    summary: 'The Patient and every entry that the caller may see, section by section, paged',
    permission: 'record.read',
    tables: { record: 'read', audit: 'append' },
    query: everything,
    memoryMegabytes: 1024,
    timeoutSeconds: 20,
  },
  {
    operation: 'search-resources',
    method: 'GET',
    path: '/{type}',
    summary: 'The entries of one FHIR type of one patient, newest first, paged',
    permission: 'record.read',
    tables: { record: 'read', audit: 'append' },
    query: entrySearch,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-resource',
    method: 'GET',
    path: '/{type}/{id}',
    summary: 'One entry of the record by its type and id, as searches and sections give it',
    permission: 'record.read',
    tables: { record: 'read', audit: 'append' },
    query: [asOf],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-binary',
    method: 'GET',
    path: '/Binary/{id}',
    summary: 'One document of the record: a FHIR Binary, or its bytes where Accept names their type',
    permission: 'record.read',
    tables: { record: 'read', audit: 'append' },
    documents: 'read',
    bytes: servedDocumentTypes,
    query: [asOf],
    memoryMegabytes: 1024,
    timeoutSeconds: 20,
  },
  {
    operation: 'break-glass',
    method: 'POST',
    path: '/Patient/{id}/$break-glass',
    summary: 'Claim a part in the care of somebody, for a while and under review: alert type and reason',
    permission: 'relationship.claim',
    tables: { record: 'append', audit: 'append' },
    requestSchema: 'BreakGlassParameters',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'submit-bundle',
    method: 'POST',
    path: '',
    summary:
      'Store what a Bundle brings: a transaction, message or document all or none, a batch entry by entry',
    permission: 'record.write',
    tables: { record: 'readWrite', audit: 'append' },
    documents: 'keep',
    requestSchema: 'FeedBundle',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
  },
  {
    operation: 'submit-hl7v2',
    method: 'POST',
    path: '/hl7v2',
    summary:
      'Store what one HL7 v2 message brings, all or none; answered by its acknowledgement (AA, AE or AR)',
    permission: 'record.write',
    tables: { record: 'readWrite', audit: 'append' },
    documents: 'keep',
    bodyTypes: ['application/hl7-v2', 'x-application/hl7-v2+er7'],
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
  },
  {
    operation: 'process-message',
    method: 'POST',
    path: '/$process-message',
    summary: 'Store what a FHIR message brings, all or none; answered by a message',
    permission: 'record.write',
    tables: { record: 'readWrite', audit: 'append' },
    documents: 'keep',
    requestSchema: 'FeedBundle',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
  },
  {
    operation: 'create-resource',
    method: 'POST',
    path: '/{type}',
    alsoAt: '/Patient',
    summary: 'Store one resource, known by its id or its business identifier; `If-None-Exist` only creates',
    permission: 'record.write',
    tables: { record: 'readWrite', audit: 'append' },
    documents: 'keep',
    requestSchema: 'FeedResource',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
  },
  {
    operation: 'update-resource',
    method: 'PUT',
    path: '/{type}/{id}',
    alsoAt: '/Patient/{id}',
    summary: "Store one resource under its sender's own id; `If-Match` only over that version",
    permission: 'record.write',
    tables: { record: 'readWrite', audit: 'append' },
    documents: 'keep',
    requestSchema: 'FeedResource',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
  },
  {
    operation: 'read-intake',
    method: 'GET',
    path: '/intake/{id}',
    summary: 'What became of a feed that was queued: the very answer, or 202 while it waits',
    permission: 'feed.read',
    tables: { record: 'read', audit: 'append' },
    query: [],
    memoryMegabytes: 512,
    timeoutSeconds: 10,
  },
  {
    operation: 'list-rejects',
    method: 'GET',
    path: '/rejects',
    summary: 'Messages that feeds were refused for what they hold, newest first, paged',
    permission: 'feed.read',
    tables: { record: 'read', audit: 'append' },
    query: [
      {
        name: 'organisation',
        required: false,
        description: "ODS code of the sender; a feed sees its own organisation's alone.",
        type: 'token',
      },
      count,
      cursor,
    ],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-reject',
    method: 'GET',
    path: '/rejects/{id}',
    summary: 'One refused message, as it came, and what was wrong with it',
    permission: 'feed.read',
    tables: { record: 'read', audit: 'append' },
    query: [],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'merge-patients',
    method: 'POST',
    path: '/Patient/$merge',
    summary: 'Merge one person into another, or preview it',
    permission: 'identity.write',
    tables: { record: 'readWrite', audit: 'append' },
    requestSchema: 'MergeParameters',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 20,
  },
  {
    operation: 'unmerge-patient',
    method: 'POST',
    path: '/Patient/{id}/$unmerge',
    summary: 'Undo the merge by which this person went into another, or take one wrong record away from them',
    permission: 'identity.write',
    tables: { record: 'readWrite', audit: 'append' },
    requestSchema: 'UnmergeParameters',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 20,
  },
  {
    operation: 'list-link-history',
    method: 'GET',
    path: '/Patient/{id}/$link-history',
    summary: 'Who was linked, merged and parted, by whom and why, newest first, paged',
    permission: 'identity.read',
    tables: { record: 'read', audit: 'append' },
    query: [count, cursor],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'list-review-tasks',
    method: 'GET',
    path: '/review-tasks',
    summary:
      'Doubts about identities for a person to decide, oldest first, with both sides and the field weights',
    permission: 'identity.read',
    tables: { record: 'read', audit: 'append' },
    query: [
      { name: 'status', required: false, description: 'open (when absent) or decided.' },
      { name: 'assignee', required: false, description: "Only this user's: a token's subject." },
      count,
      cursor,
    ],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'decide-review-task',
    method: 'POST',
    path: '/review-tasks/{id}',
    summary: 'Assign a review task, or decide it: link, keep-apart or merge',
    permission: 'identity.write',
    tables: { record: 'readWrite', audit: 'append' },
    requestSchema: 'ReviewDecision',
    query: [],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 20,
  },
  {
    operation: 'record-objection',
    method: 'POST',
    path: '/Consent',
    summary: 'Record, reverse or confirm an objection (opt-out) to sharing',
    permission: 'objection.write',
    tables: { record: 'readWrite', audit: 'append' },
    requestSchema: 'Consent',
    query: [],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'list-objections',
    method: 'GET',
    path: '/Consent',
    summary: 'The objection history of one person',
    permission: 'objection.read',
    tables: { record: 'read', audit: 'append' },
    query: [
      patient,
      optional(
        'status',
        'token',
        '`active`, `proposed` (in force, and awaits a second person) or `inactive`.',
      ),
    ],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'search-audit-events',
    method: 'GET',
    path: '/AuditEvent',
    summary: 'Who looked at this record, or what one user did, newest first, paged',
    permission: 'audit.read',
    tables: { record: 'read', audit: 'readAppend' },
    query: [
      { ...patient, required: false, description: 'Patient/{id}, or the id alone. This or `agent`.' },
      {
        name: 'agent',
        required: false,
        description: "A user's identifier, as it stands in an AuditEvent. This or `patient`.",
        type: 'token',
      },
      count,
      cursor,
    ],
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'get-audit-receipt',
    method: 'GET',
    path: '/AuditEvent/{id}/$receipt',
    summary: 'The proof, good offline and for ever, that one audit entry is in the signed log',
    permission: 'audit.read',
    tables: { record: 'read', audit: 'readAppend' },
    readsLog: true,
    query: [],
    plainJson: true,
    memoryMegabytes: 512,
    timeoutSeconds: 10,
  },
  {
    operation: 'list-privacy-alerts',
    method: 'GET',
    path: '/privacy-alerts',
    summary: 'Looks at records that a privacy officer should ask about, newest first, paged',
    permission: 'audit.read',
    tables: { record: 'read', audit: 'append' },
    query: [
      { name: 'status', required: false, description: 'open (when absent) or reviewed.' },
      count,
      cursor,
    ],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'review-privacy-alert',
    method: 'POST',
    path: '/privacy-alerts/{id}',
    summary: 'Say what became of a privacy alert: justified or passed-on',
    permission: 'alert.write',
    tables: { record: 'readWrite', audit: 'append' },
    requestSchema: 'AlertReview',
    query: [],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-agreements',
    method: 'GET',
    path: '/agreements',
    summary: 'Who views and who shares what: the agreements that are applied, and their version',
    permission: 'agreement.read',
    tables: { record: 'read', audit: 'append' },
    query: [],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'apply-agreements',
    method: 'POST',
    path: '/agreements',
    summary: 'Apply agreements in place of those of a version, whole or not at all',
    permission: 'agreement.write',
    tables: { record: 'readWrite', audit: 'append' },
    requestSchema: 'Agreements',
    query: [],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'simulate-access',
    method: 'POST',
    path: '/agreements/$simulate',
    summary:
      'What of a record somebody would see and why, by applied or proposed agreements: never what stands in it',
    permission: 'agreement.read',
    tables: { record: 'read', audit: 'append' },
    requestSchema: 'Simulation',
    query: [],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 10,
  },
  {
    operation: 'read-usage',
    method: 'GET',
    path: '/usage',
    summary:
      'Views and distinct staff of a month by region, organisation and section, and up to it; in public without small numbers',
    permission: 'usage.read',
    tables: { record: 'read', audit: 'append' },
    query: [
      { name: 'month', required: false, description: '`YYYY-MM`, in UTC; this month when absent.' },
      {
        name: 'public',
        required: false,
        description: '`true`: what may be published. All but a privacy officer get nothing else.',
      },
      {
        name: '_format',
        required: false,
        description: '`csv` or `json`; without it, what `Accept` names, else JSON.',
      },
    ],
    plainJson: true,
    memoryMegabytes: 1024,
    timeoutSeconds: 20,
  },
];

/** Every path of an operation below {@link basePath}. */
export function pathsOf({ alsoAt, path }: Route): string[] {
  return alsoAt === undefined ? [path] : [path, alsoAt];
}

/** The operations that show a patient's record to somebody: what usage counts. */
export const viewingOperations: ReadonlySet<string> = new Set(
  routes.flatMap(({ operation, permission }) =>
    permission === 'patient.read' || permission === 'record.read' ? [operation] : [],
  ),
);

/** The operations that find people: what quotas and the watch over harvesting are about. */
export const searchingOperations: ReadonlySet<string> = new Set(
  routes.flatMap(({ operation, permission }) => (permission === 'patient.match' ? [operation] : [])),
);
