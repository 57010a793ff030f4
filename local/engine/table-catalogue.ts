import type { Database, TableRecord } from './dynalite.ts';
import { rangeOf, settingsPrefix, tablePrefix } from './layout.ts';

/** What DynamoDB knows of a table and dynalite does not. */
export interface TableSettings {
  stream: boolean;
  ttlAttribute?: string;
  /** What index and expiry entries were last derived for; absent while they are being rebuilt. */
  derivedFor?: string;
}

/** A table and its settings. */
export interface Table {
  record: TableRecord;
  settings: TableSettings;
}

/** All tables, in memory: every request needs its table, and reading it from LevelDB would double the reads. */
export class TableCatalogue {
  readonly #records = new Map<string, TableRecord>();
  readonly #settings = new Map<string, TableSettings>();

  /** Reads all tables once, when the engine opens. */
  async load(database: Database): Promise<void> {
    for (const value of await database.values(rangeOf(tablePrefix)).all()) {
      this.keepRecord(value as TableRecord);
    }
    for (const key of await database.keys(rangeOf(settingsPrefix)).all()) {
      const tableName = String(key).slice(settingsPrefix.length);
      this.keepSettings(tableName, (await database.get(String(key))) as TableSettings);
    }
  }

  /** The table, whatever its status. */
  find(tableName: string): Table | undefined {
    const record = this.#records.get(tableName);
    return record && { record, settings: this.#settings.get(tableName) ?? { stream: false } };
  }

  /** The names of all tables. */
  listNames(): string[] {
    return [...this.#records.keys()];
  }

  /** Remembers a stored record; a copy, because dynalite goes on changing its own. */
  keepRecord(record: TableRecord): void {
    this.#records.set(record.TableName, structuredClone(record));
  }

  /** Remembers stored settings. */
  keepSettings(tableName: string, settings: TableSettings): void {
    this.#settings.set(tableName, settings);
  }

  /** Forgets a removed table and its settings. */
  forget(tableName: string): void {
    this.#records.delete(tableName);
    this.#settings.delete(tableName);
  }
}
