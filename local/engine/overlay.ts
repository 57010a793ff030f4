import type { DynaliteStore, Item, SubDatabase, WriteOperation } from './dynalite.ts';
import { validationError } from './errors.ts';
import { findStorageProblem } from './item-rules.ts';
import { itemPrefix } from './layout.ts';

/**
 * A store for the length of one request: items come from those read in advance, and what an action writes stays
 * here until `ItemWriter` commits it.
 */
export class Overlay {
  /** The store to hand to dynalite's actions. */
  readonly store: DynaliteStore;
  /** Writes besides items, stored in the same batch. */
  readonly extraWrites: WriteOperation[] = [];
  readonly #before: ReadonlyMap<string, Item | undefined>;
  readonly #after = new Map<string, Item | undefined>();

  constructor(base: DynaliteStore, before: ReadonlyMap<string, Item | undefined>) {
    this.#before = before;
    this.store = {
      ...base,
      getItemDb: (tableName) => this.#openItems(base, tableName),
      getIndexDb: (...index) => ignoreWrites(base.getIndexDb(...index)),
    };
  }

  /** The item as it was when the overlay was made; throws for an item that was not read in advance. */
  readBefore(storageKey: string): Item | undefined {
    if (!this.#before.has(storageKey))
      throw new Error('an action touched an item that was not locked for it');
    return this.#before.get(storageKey);
  }

  /** The item as the actions left it so far. */
  readAfter(storageKey: string): Item | undefined {
    return this.#after.has(storageKey) ? this.#after.get(storageKey) : this.readBefore(storageKey);
  }

  #openItems(base: DynaliteStore, tableName: string): SubDatabase {
    const prefix = itemPrefix(tableName);
    return {
      ...base.getItemDb(tableName),
      get: (key, callback) => callback(null, this.readAfter(prefix + key)),
      put: (key, value, callback) => {
        base.getTable(tableName, (error, record) => {
          const item = value as Item;
          const problem = record && findStorageProblem(item, record);
          if (error || problem) return callback(error ?? validationError(String(problem)));
          this.#after.set(prefix + key, item);
          callback();
        });
      },
      del: (key, callback) => {
        this.#after.set(prefix + key, undefined);
        callback();
      },
      // The writer already holds the locks of every item that the request touches.
      lock: (_key, section) => section((done) => done),
    };
  }
}

// Index entries follow from the items when the overlay is committed (derived-entries.ts).
function ignoreWrites(index: SubDatabase): SubDatabase {
  return { ...index, put: (_key, _value, callback) => callback(), del: (_key, callback) => callback() };
}
