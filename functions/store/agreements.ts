import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Agreement } from '../domain/access/agreement.ts';
import { agreementsKey, agreementsVersionKey } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';
import { putNew, putVersion, type Write } from './transaction.ts';

/** Which agreements are applied, since when, and by whose decision. */
export interface AppliedAgreements {
  /** Counted from 1. */
  readonly version: number;
  /** ISO 8601 UTC instant. */
  readonly appliedAt: string;
  readonly appliedBy: { readonly subject: string; readonly name: string; readonly organisation: string };
}

/** Which version is applied, strongly consistent; undefined while none ever was: then those of region.json are. */
export async function readAppliedAgreements(store: Store): Promise<AppliedAgreements | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: agreementsKey, ConsistentRead: true }),
  );
  return Item as AppliedAgreements | undefined;
}

/** The agreements of a version that was applied; throws when there was none. */
export async function readAgreementsVersion(store: Store, version: number): Promise<Agreement[]> {
  const { Item } = await store.client.send(
    new GetCommand({
      TableName: store.recordTable,
      Key: agreementsVersionKey(version),
      ConsistentRead: true,
    }),
  );
  if (!Item) throw new Error(`version ${version} of the agreements is not there`);
  return Item.agreements as Agreement[];
}

/** The writes that apply agreements as the version after `version` (0: the first); `stale` when that is not the applied one. */
export function applyAgreementsVersion(
  { recordTable }: Store,
  applied: AppliedAgreements,
  agreements: readonly Agreement[],
): Write<'stale'>[] {
  const { version } = applied;
  return [
    putVersion(
      recordTable,
      { ...agreementsKey, type: 'AppliedAgreements', schemaVersion, ...applied },
      version - 1,
      'stale',
    ),
    putNew(
      recordTable,
      {
        ...agreementsVersionKey(version),
        type: 'AgreementsVersion',
        schemaVersion,
        ...applied,
        agreements,
      },
      'stale',
    ),
  ];
}
