import type { Committer } from './committer.ts';
import { isSameItem } from './compare-items.ts';
import { deriveWrites, type ItemChange } from './derived-entries.ts';
import type { Database, DynaliteStore, Item, WriteOperation } from './dynalite.ts';
import { KeyLocks } from './key-locks.ts';
import { itemPrefix } from './layout.ts';
import { Overlay } from './overlay.ts';
import type { StreamLog, UserIdentity } from './stream-log.ts';
import type { Table } from './table-catalogue.ts';

/** An item of a request: its table and its storage key inside that table. */
export interface ItemTarget {
  table: Table;
  key: string;
}

interface WriterParts {
  database: Database;
  store: DynaliteStore;
  committer: Committer;
  streams: StreamLog;
}

interface WriteRequest<T> {
  /** Every item the action may read or write. */
  targets: ItemTarget[];
  /** Further keys to hold meanwhile. */
  lockedKeys?: string[];
  /** Runs on the overlay; if it throws, nothing is written. */
  run: (overlay: Overlay) => Promise<T>;
  userIdentity?: UserIdentity;
}

/** The item's key in the database. */
export const storageKeyOf = ({ table, key }: ItemTarget) => itemPrefix(table.record.TableName) + key;

/**
 * The only way items are written: lock, read, run, then store items, index entries and stream records as one
 * LevelDB batch. So no crash and no other request ever sees a part of a write.
 */
export class ItemWriter {
  readonly #parts: WriterParts;
  readonly #locks = new KeyLocks();

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Runs a request alone on its items and stores what it changed; resolves once that is stored. */
  async write<T>({ targets, lockedKeys = [], run, userIdentity }: WriteRequest<T>): Promise<T> {
    const { store, committer, streams } = this.#parts;
    const release = await this.#locks.acquire([...targets.map(storageKeyOf), ...lockedKeys]);
    try {
      const overlay = new Overlay(store, await this.readItems(targets));
      const result = await run(overlay);
      const changes = listChanges(targets, overlay);
      const writes = [...changes.flatMap(toWrites), ...overlay.extraWrites];
      if (writes.length > 0) {
        await committer.commit([...writes, ...streams.recordChanges(changes, userIdentity)]);
        streams.announce(changes.map(({ table }) => table.record.TableName));
      }
      return result;
    } finally {
      release();
    }
  }

  /** Reads items in one LevelDB snapshot: all of any committed write, or none of it. */
  async readItems(targets: ItemTarget[]): Promise<Map<string, Item | undefined>> {
    const keys = [...new Set(targets.map(storageKeyOf))];
    const items = (await this.#parts.database.getMany(keys)) as (Item | undefined)[];
    return new Map(keys.map((key, index) => [key, items[index]]));
  }
}

// A write that changes nothing is not stored and yields no stream record, as in DynamoDB.
function listChanges(targets: ItemTarget[], overlay: Overlay): ItemChange[] {
  return targets.flatMap((target) => {
    const [before, after] = [
      overlay.readBefore(storageKeyOf(target)),
      overlay.readAfter(storageKeyOf(target)),
    ];
    const isSame = before && after ? isSameItem(before, after) : before === after;
    return isSame ? [] : [{ ...target, before, after }];
  });
}

function toWrites(change: ItemChange): WriteOperation[] {
  const key = storageKeyOf(change);
  const item: WriteOperation = change.after
    ? { type: 'put', key, value: change.after }
    : { type: 'del', key };
  return [item, ...deriveWrites(change)];
}
