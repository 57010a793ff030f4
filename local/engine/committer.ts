import type { Database, WriteOperation } from './dynalite.ts';
import { EngineError, internalServerError } from './errors.ts';

interface PendingCommit {
  operations: WriteOperation[];
  resolve: () => void;
  reject: (error: Error) => void;
}

/** What a committer needs to know besides its database. */
export interface CommitterOptions {
  /** Whether each batch waits for the disk itself, and so survives loss of power. */
  sync: boolean;
  /** Called once, when a batch could not be stored; nothing is accepted after it. */
  onFatal: (error: EngineError) => void;
}

/**
 * Writes commits to LevelDB in the order they are handed in, each whole or not at all. Commits that arrive while a
 * batch is under way share the next one, so concurrent callers share the cost of reaching the disk.
 */
export class Committer {
  readonly #database: Database;
  readonly #options: CommitterOptions;
  #waiting: PendingCommit[] = [];
  #draining: Promise<void> | undefined;
  #failed = false;
  #closed = false;

  constructor(database: Database, options: CommitterOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Resolves once the operations are stored; rejects with an InternalServerError if they may not be. */
  commit(operations: WriteOperation[]): Promise<void> {
    if (this.#failed) return Promise.reject(internalServerError());
    // dynalite sets timers for table states: its own wording lets it ignore the end of the store.
    if (this.#closed) return Promise.reject(new Error('Database is closed'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ operations, resolve, reject });
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Refuses new commits and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#database.batch(
          group.flatMap(({ operations }) => operations),
          { sync: this.#options.sync },
        );
      } catch (error) {
        this.#fail(group, error);
        break;
      }
      for (const { resolve } of group) resolve();
    }
    this.#draining = undefined;
  }

  // After a failed batch nobody knows how much of it reached the log, so a later success could hide the hole.
  #fail(group: PendingCommit[], cause: unknown): void {
    this.#failed = true;
    const refused = [...group, ...this.#waiting];
    this.#waiting = [];
    for (const { reject } of refused) reject(internalServerError());
    const isFull = /ENOSPC|no space left/i.test(describeCauses(cause));
    this.#options.onFatal(
      new EngineError(
        'WRITE_FAILED',
        isFull
          ? 'The disk that holds the data folder is full: the last write was refused. Free some space, then start again.'
          : 'The data folder can no longer be written: the last write was refused. Check its disk, then start again.',
        cause,
      ),
    );
  }
}

function describeCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${'code' in error ? error.code : ''} ${error.message} ${error.cause ? describeCauses(error.cause) : ''}`;
}
