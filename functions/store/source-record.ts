import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Patient } from 'fhir/r4.js';
import type { Demographics } from '../domain/identity/demographics.ts';
import { batchGet } from './batch-get.ts';
import { demographicsKey, type Key, type SourceRef } from './keys.ts';
import type { Store } from './store.ts';

/** Why a source record is held but belongs to nobody. */
export type QuarantineReason =
  | 'nhs-number-invalid'
  | 'nhs-number-not-verified'
  | 'nhs-number-of-another-person';

/** One organisation's Patient as received, and the person it belongs to, or why it is in quarantine. */
export interface SourceRecord {
  readonly source: SourceRef;
  readonly version: number;
  readonly patient: Patient;
  /** What `patient` says, as matching and the golden record read it. */
  readonly demographics: Demographics;
  /** The verified number of this or an earlier message, and those that it replaced. */
  readonly nhsNumber?: string;
  readonly supersededNhsNumbers?: readonly string[];
  readonly digest: string;
  /** The sender's message time (meta.lastUpdated), else the time of receipt. */
  readonly sentAt: string;
  readonly receivedAt: string;
  readonly personId?: string;
  readonly quarantine?: QuarantineReason;
  /** The blocking keys that were written for it, to be taken away when they no longer hold. */
  readonly blocks: readonly Key[];
}

/** Reads one source record; undefined when there is none. */
export async function getSourceRecord(store: Store, source: SourceRef): Promise<SourceRecord | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: demographicsKey(source), ConsistentRead: true }),
  );
  return Item as SourceRecord | undefined;
}

/** The source records of the given names that exist, by the partition of each ({@link sourcePartition}), in one BatchGetItem a hundred. */
export async function getSourceRecords(
  store: Store,
  sources: readonly SourceRef[],
  { consistent = true }: { readonly consistent?: boolean } = {},
): Promise<Map<string, SourceRecord>> {
  const items = await batchGet<SourceRecord & Key>(store, sources.map(demographicsKey), consistent);
  return new Map(items.map((item) => [item.PK, item]));
}
