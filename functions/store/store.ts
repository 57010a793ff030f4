import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DocumentStore } from './document-store.ts';
import type { IntakeQueue } from './intake-queue.ts';
import type { RegionKeys } from './region-keys.ts';

/** What every function of the store works with; time and identifiers are passed in, so that a test can hold them. */
export interface Store {
  readonly client: DynamoDBDocumentClient;
  readonly recordTable: string;
  readonly auditTable: string;
  readonly keys: RegionKeys;
  readonly now: () => Date;
  /** A new ULID. */
  readonly newId: () => string;
  /** Names this execution environment in audit entries. */
  readonly writer: AuditWriter;
  /** Milliseconds within which the audit table must have taken an entry; {@link defaultAuditBudget} when absent. */
  readonly auditBudget?: number;
  /** Takes the entries that the table does not; where there is none, such an entry is not stored. */
  readonly secondSink?: SecondSink;
  /** Where feeds wait whose senders do not; without it every feed is answered at once. */
  readonly intake?: IntakeQueue;
  /** Where bodies of documents are kept; a function that was not given it can neither keep nor read one. */
  readonly documents?: DocumentStore;
}

/** What the audit's own functions work with: they need none of the region's keys. */
export type AuditStore = Pick<Store, 'client' | 'auditTable' | 'now' | 'newId' | 'writer'>;

/** Milliseconds that a caller waits for the audit table before an entry goes elsewhere. */
export const defaultAuditBudget = 300;

/** A store of audit entries beside the table: what it has taken is kept, and swept into the table later. */
export interface SecondSink {
  /** Keeps `text` under a name that nothing else has; rejects when it is not certain that it is kept. */
  put(name: string, text: Buffer): Promise<void>;
}

/** An execution environment as a writer of audit entries: it handles one request at a time and counts its own entries. */
export interface AuditWriter {
  readonly id: string;
  sequence: number;
  /** The hash of its last entry, which the next one names. */
  lastHash?: string;
  /** Numbers given to entries that were stored nowhere; its next entry declares them. */
  abandoned?: (readonly [number, number])[];
}

/** The version of the item shapes that this code writes. */
export const schemaVersion = 1;

/** The current instant as ISO 8601 UTC text. */
export function instant(store: Pick<Store, 'now'>): string {
  return store.now().toISOString();
}
