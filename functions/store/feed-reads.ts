import { batchGet } from './batch-get.ts';
import { type EntryPointer, pointerName } from './clinical-entry.ts';
import { demographicsKey, entryPointerKey, type Key, requestKey, type SourceRef } from './keys.ts';
import { type AnsweredRequest, unlessExpired } from './request.ts';
import { type HeldSource, heldSources, type StoredSource } from './source-record.ts';
import type { Store } from './store.ts';

/** What is held of what a message is about. */
export interface HeldForMessage {
  /** The answer to an earlier delivery of the message. */
  readonly answered: AnsweredRequest | undefined;
  /** The records of its patients, by source partition. */
  readonly sources: ReadonlyMap<string, HeldSource>;
  /** The current versions of its entries, by {@link pointerName}. */
  readonly pointers: ReadonlyMap<string, EntryPointer>;
}

/** Reads all that filing a message begins with, in one call for up to a hundred items. */
export async function readForMessage(
  store: Store,
  message: {
    readonly ods: string;
    readonly requestId: string;
    readonly sources: readonly SourceRef[];
    readonly entries: readonly Pick<EntryPointer, 'resourceType' | 'entryId'>[];
  },
): Promise<HeldForMessage> {
  const { entries, ods, requestId, sources } = message;
  const request = requestKey(store.keys, ods, requestId);
  const items = await batchGet<Key & Record<string, unknown>>(store, [
    request,
    ...sources.map(demographicsKey),
    ...entries.map(({ entryId, resourceType }) => entryPointerKey(resourceType, entryId)),
  ]);
  const ofType = (type: string) => items.filter((item) => item.type === type);
  const pointers = ofType('EntryPointer') as unknown as EntryPointer[];
  return {
    answered: unlessExpired(
      store,
      items.find(({ PK }) => PK === request.PK),
    ),
    sources: heldSources(sources, ofType('SourceRecord') as unknown as StoredSource[]),
    pointers: new Map(pointers.map((pointer) => [pointerName(pointer), pointer])),
  };
}
