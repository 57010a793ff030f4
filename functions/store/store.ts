import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
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
}

/** An execution environment as a writer of audit entries: it handles one request at a time and counts its own entries. */
export interface AuditWriter {
  readonly id: string;
  sequence: number;
}

/** The version of the item shapes that this code writes. */
export const schemaVersion = 1;

/** The current instant as ISO 8601 UTC text. */
export function instant(store: Store): string {
  return store.now().toISOString();
}
