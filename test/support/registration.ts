import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { sourceRef } from '../../functions/store/keys.ts';
import { getSourceRecord, type SourceRecord } from '../../functions/store/source-record.ts';
import type { Store } from '../../functions/store/store.ts';
import type { FiledMessage } from '../../functions/usecases/file-message.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { submitBundle } from '../../functions/usecases/submit-bundle.ts';
import { makeBundle } from './people.ts';
import { policy } from './policy.ts';

/** The region of a test store. */
export function regionOf(store: Store): Region {
  return { policy, store };
}

/** What became of the entries of a Bundle that the organisation's feed sent. */
export async function submit(
  region: Region,
  ods: string,
  ...resources: readonly { resourceType: string; id: string }[]
): Promise<FiledMessage['entries']> {
  const bundle = makeBundle(...resources);
  const submitted = await submitBundle(
    region,
    { subject: 'feed', name: 'Feed', role: 'feed', organisation: ods, purpose: 'directcare', tokenId: 't' },
    { bundle, body: JSON.stringify(bundle), requestId: randomUUID(), newPersonId: randomUUID },
  );
  if (!submitted.ok) throw new Error(`${submitted.code} ${submitted.issues?.join() ?? ''}`);
  return submitted.value.entries;
}

/** Registers one patient and gives what became of it. */
export async function register(region: Region, ods: string, patient: { resourceType: string; id: string }) {
  const [entry] = await submit(region, ods, patient);
  if (!entry) throw new Error('no answer to the patient');
  return entry;
}

/** The source record of an organisation's local id. */
export async function recordOf({ store }: Region, ods: string, localId: string): Promise<SourceRecord> {
  const record = await getSourceRecord(store, sourceRef(store.keys, ods, localId));
  if (!record) throw new Error(`no source record ${localId}`);
  return record;
}

/** Every item of the record table. */
export async function allItems({ store }: Region): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await store.client.send(
      new ScanCommand({ TableName: store.recordTable, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    );
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}
