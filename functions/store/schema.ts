/** A secondary index; all attributes are projected. */
export interface IndexDefinition {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
}

/** A table as data: the CDK tables, the local tables and docs/data-model.md are made from it. Keys are strings. */
export interface TableDefinition {
  readonly purpose: string;
  /** The environment variable that names the deployed table to a function. */
  readonly environmentVariable: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  /** Epoch seconds after which the item may be removed. */
  readonly ttlAttribute: string;
  readonly stream: boolean;
  readonly indexes: readonly IndexDefinition[];
}

/** The region's two tables: identity and record together, audit apart (own keys, grants and retention). */
export const tables = {
  record: {
    purpose:
      'Identity and record: persons, links, source records, clinical entries, objections, review tasks.',
    environmentVariable: 'RECORD_TABLE',
    partitionKey: 'PK',
    sortKey: 'SK',
    ttlAttribute: 'expiresAt',
    stream: true,
    indexes: [],
  },
  audit: {
    purpose: 'One entry for each disclosure and each refusal; append-only.',
    environmentVariable: 'AUDIT_TABLE',
    partitionKey: 'PK',
    sortKey: 'SK',
    ttlAttribute: 'expiresAt',
    stream: true,
    indexes: [{ name: 'byPatient', partitionKey: 'patientKey', sortKey: 'SK' }],
  },
} as const satisfies Record<string, TableDefinition>;

/** A table of the region. */
export type TableName = keyof typeof tables;

/** The partitions of the counters of searches, as a pattern of IAM: what a function that may only count may write. */
export const searchQuotaPartitions = 'QUOTA#*';

interface ItemDefinition {
  readonly table: TableName;
  /** The item's `type` attribute. */
  readonly type: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly notes: string;
}

/** Every kind of item, for docs/data-model.md; keys.ts builds the keys. `<pseudonym>` is a keyed HMAC, never the value. */
export const items: readonly ItemDefinition[] = [
  {
    table: 'record',
    type: 'Person',
    partitionKey: 'PERSON#<person>',
    sortKey: 'PERSON',
    notes:
      'Golden demographics, NHS number, version, status: active, or merged into another. A quarantined source record has no person, so nothing can serve it.',
  },
  {
    table: 'record',
    type: 'PersonHistory',
    partitionKey: 'PERSON#<person>#HISTORY',
    sortKey: '<updatedAt>#<version>',
    notes: 'A superseded version of the person: it held from its updatedAt until that of the next version.',
  },
  {
    table: 'record',
    type: 'Link',
    partitionKey: 'PERSON#<person>',
    sortKey: 'SOURCE#<ods>#<pseudonym of localId>',
    notes:
      'Which source record belongs to the person: how, when, by which policy version, with score and evidence; and which organisations are involved by its word, and until when. Read before any patient state.',
  },
  {
    table: 'record',
    type: 'RelationshipClaim',
    partitionKey: 'PERSON#<person>',
    sortKey: 'RELATIONSHIP#<ods>#<pseudonym of user>',
    notes:
      'What a user has claimed of their part in the care (break-glass), until when; it goes when it is over. It stands under the id that was asked for, whether or not that is somebody.',
  },
  {
    table: 'record',
    type: 'IdentityEvent',
    partitionKey: 'PERSON#<person>',
    sortKey: 'EVENT#<ulid>',
    notes: 'The ledger of links: created, linked, updated, superseded.',
  },
  {
    table: 'record',
    type: 'Objections',
    partitionKey: 'PERSON#<person>',
    sortKey: 'OBJECTION',
    notes:
      'Everything that was said about sharing the record, in its order: objections, reversals, confirmations; version. Nothing is taken out, so what stood at any instant can be told.',
  },
  {
    table: 'record',
    type: 'SourceRecord',
    partitionKey: 'SOURCE#<ods>#<pseudonym of localId>',
    sortKey: 'DEMOGRAPHICS',
    notes:
      "The Patient as received, with the sender's message time; an older message never overwrites a newer one.",
  },
  {
    table: 'record',
    type: 'SetAside',
    partitionKey: 'SOURCE#<ods>#<pseudonym of localId>',
    sortKey: 'SET-ASIDE',
    notes:
      'The latest message of a linked source record that looks like somebody else: never written over the record, kept for a person to judge.',
  },
  {
    table: 'record',
    type: 'ClinicalEntry',
    partitionKey: 'SOURCE#<ods>#<pseudonym of localId>',
    sortKey: 'SECTION#<code>#<date>#<resourceType>#<pseudonym of id>',
    notes: 'One FHIR resource (as JSON text) of one section; version, validFrom.',
  },
  {
    table: 'record',
    type: 'EntryPointer',
    partitionKey: 'ENTRY#<resourceType>#<pseudonym of sender and id>',
    sortKey: 'ENTRY',
    notes:
      "Where the current version of the entry is, its digest and its sender's time: a resent resource changes nothing, an older one never overwrites a newer one, and one that is corrected to be about somebody else moves.",
  },
  {
    table: 'record',
    type: 'EntryHistory',
    partitionKey: 'SOURCE#<ods>#<pseudonym of localId>#HISTORY',
    sortKey: '<resourceType>#<pseudonym of id>#<validFrom>#<version>',
    notes: 'A superseded version with its [validFrom, validTo) interval.',
  },
  {
    table: 'record',
    type: 'Document',
    partitionKey: 'DOCUMENT#<pseudonym of entry and digest>',
    sortKey: 'DOCUMENT',
    notes:
      'A body of more than 8 KB that an entry brought: which entry, media type, size, and the SHA-256 under which the documents bucket keeps the bytes.',
  },
  {
    table: 'record',
    type: 'FeedStatus',
    partitionKey: 'FEED#<ods>',
    sortKey: 'FEED',
    notes: "When the organisation's feed last brought a message, written once a minute at most.",
  },
  {
    table: 'record',
    type: 'NhsNumber',
    partitionKey: 'NHSNUMBER#<pseudonym>',
    sortKey: 'OWNER',
    notes:
      "The one person who holds the number, current or superseded; or, while it is nobody's, what was said about sharing the record of whoever has it (statements, version).",
  },
  {
    table: 'record',
    type: 'BlockingKey',
    partitionKey: 'BLOCK#<kind>#<pseudonym of value>',
    sortKey: '<pseudonyms of order>#<ods>#<pseudonym of localId>',
    notes:
      'Carries the comparison fields of a source record, so one Query returns candidates that can be scored. It names no person: the source record does, so linking and merging rewrite none.',
  },
  {
    table: 'record',
    type: 'NotDuplicate',
    partitionKey: 'PERSON#<person>',
    sortKey: 'NOT-DUPLICATE#<other person>',
    notes: 'A person decided that these two are not one; the same mark stands in both partitions.',
  },
  {
    table: 'record',
    type: 'NotPerson',
    partitionKey: 'SOURCE#<ods>#<pseudonym of localId>',
    sortKey: 'NOT-PERSON#<person>',
    notes: 'A person decided that this source record is not of that person.',
  },
  {
    table: 'record',
    type: 'ReviewTask',
    partitionKey: 'TASK#<pseudonym of the pair>',
    sortKey: 'TASK',
    notes:
      'A doubt for a person to decide: kind, reason, the two sides by id, assignee, decision, version. One pair has one task.',
  },
  {
    table: 'record',
    type: 'ReviewTaskListing',
    partitionKey: 'TASKS#OPEN or TASKS#DECIDED',
    sortKey: '<instant>#<task>',
    notes: 'The worklists, oldest first.',
  },
  {
    table: 'record',
    type: 'Statistics',
    partitionKey: 'STATISTICS',
    sortKey: 'PEOPLE',
    notes: "The number of active persons, counted from the table's stream: the prior of matching.",
  },
  {
    table: 'record',
    type: 'InitialLoad',
    partitionKey: 'LOAD',
    sortKey: 'INITIAL',
    notes:
      'Which load filled the index at first, and whether it is done: `towpath load --initial` goes on with its own.',
  },
  {
    table: 'record',
    type: 'Idempotency',
    partitionKey: 'REQUEST#<ods>#<pseudonym of X-Request-ID>',
    sortKey: 'REQUEST',
    notes: 'Digest of the body and the answer of a feed, kept 24 hours.',
  },
  {
    table: 'record',
    type: 'Reject',
    partitionKey: 'REJECT#<pseudonym of sender, message id and digest>',
    sortKey: 'REJECT',
    notes:
      'A message that was refused for what it holds: sender, format, code, places, size, and the message itself (gzip) where an item holds it; kept for the days of the region.',
  },
  {
    table: 'record',
    type: 'Intake',
    partitionKey: 'INTAKE#<pseudonym of sender and X-Request-ID>',
    sortKey: 'INTAKE',
    notes: 'A feed that waits in the queue, or what it was answered (gzip), kept 15 days.',
  },
  {
    table: 'record',
    type: 'RejectListing',
    partitionKey: 'REJECTS, and REJECTS#<ods>',
    sortKey: '<instant>#<reject>',
    notes: 'The refused messages of all and of one organisation, without the messages.',
  },
  {
    table: 'record',
    type: 'SearchQuota',
    partitionKey: 'QUOTA#AGENT#<pseudonym of user>, or QUOTA#ORGANISATION#<ods>#<shard>',
    sortKey: 'HOUR#<hour>',
    notes: 'How often people were sought in an hour and in each of its minutes, kept two hours.',
  },
  {
    table: 'record',
    type: 'AppliedAgreements',
    partitionKey: 'AGREEMENTS',
    sortKey: 'APPLIED',
    notes:
      'Which version of the agreements is applied, since when and by whom. Without it, those of region.json are.',
  },
  {
    table: 'record',
    type: 'AgreementsVersion',
    partitionKey: 'AGREEMENTS',
    sortKey: 'VERSION#<version>',
    notes: 'All agreements of one version, never changed: who viewed and shared what, then.',
  },
  {
    table: 'record',
    type: 'UsageGeneration',
    partitionKey: 'USAGE',
    sortKey: 'GENERATION',
    notes: 'Which set of usage counters is in use, and which one a rebuild is filling.',
  },
  {
    table: 'record',
    type: 'UsageCount',
    partitionKey: 'USAGE#<generation>, or with #<month>',
    sortKey: '<month>, or REGION#<region> and ORGANISATION#<region>#<ods>',
    notes:
      'Views, distinct staff, and staff who had never looked before, in all and by section: totals of each month, and its regions and organisations. Counted from the audit stream, each entry once.',
  },
  {
    table: 'record',
    type: 'UsageStaff',
    partitionKey: 'AGENT#<generation>#<pseudonym of user>',
    sortKey: '<month> or EVER',
    notes: 'Where a user looked in a month, or ever first: so that distinct staff are counted once. Version.',
  },
  {
    table: 'record',
    type: 'AgentEntry',
    partitionKey: 'AGENT#<generation>#<pseudonym of user>',
    sortKey: 'ENTRY#<ulid>',
    notes: 'Points to an audit entry of the user; its being there says that the entry is counted.',
  },
  {
    table: 'record',
    type: 'AgentHour',
    partitionKey: 'AGENT#<pseudonym of user>',
    sortKey: 'OPENED#<hour> or FOUND#<hour>',
    notes:
      'Pseudonyms of the patients whose records a user opened in an hour, or whom they found by searching, kept two days.',
  },
  {
    table: 'record',
    type: 'PrivacyAlert',
    partitionKey: 'ALERT#<pseudonym of rule, user and matter>',
    sortKey: 'ALERT',
    notes:
      'A look to be asked about: rule, user, organisation, audit entry, review, version. It names no patient.',
  },
  {
    table: 'record',
    type: 'PrivacyAlertListing',
    partitionKey: 'ALERTS#OPEN or ALERTS#REVIEWED',
    sortKey: '<instant>#<alert>',
    notes: "The privacy officer's lists.",
  },
  {
    table: 'record',
    type: 'ClientAssertion',
    partitionKey: 'ASSERTION#<client>#<pseudonym of jti>',
    sortKey: 'ASSERTION',
    notes: 'The mark of a used client assertion, kept until it has expired: it gets one token, once.',
  },
  {
    table: 'audit',
    type: 'AuditEntry',
    partitionKey: 'AUDIT#<minute>#<writer shard>',
    sortKey: '<ulid>',
    notes:
      'Who, role, organisation, purpose, action, outcome, digest of the answer, writer and sequence number. Index byPatient: patientKey `PATIENT#<person>`.',
  },
  {
    table: 'audit',
    type: 'AuditHeartbeat',
    partitionKey: 'AUDIT#<minute>#<writer shard>',
    sortKey: '<ulid>',
    notes: 'The sign of life that the verifiable log gets each minute.',
  },
  {
    table: 'audit',
    type: 'LogHead',
    partitionKey: 'LOG',
    sortKey: 'HEAD',
    notes:
      'How far the verifiable log has been decided: size, root, stage, version. Sequencers race for it by a conditional put.',
  },
  {
    table: 'audit',
    type: 'LogPositions',
    partitionKey: 'LOG#AUDIT#<minute>#<writer shard>',
    sortKey: '<first index>',
    notes:
      'Where the entries of a batch are in the log, so that none is added twice and each has its receipt.',
  },
];
