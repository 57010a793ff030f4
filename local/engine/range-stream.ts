import { Stream } from 'node:stream';
import type { RangeIterator } from './dynalite.ts';

const CHUNK_SIZE = 64;

/**
 * Feeds a LevelDB range to dynalite as a classic stream (`data`, `end`, `error`). The stock stream of dynalite
 * never closes its iterator, which pins a snapshot for ever, and throws a listener's error out of the process.
 */
export class RangeStream extends Stream {
  readonly #iterator: RangeIterator;
  #destroyed = false;

  constructor(iterator: RangeIterator) {
    super();
    this.#iterator = iterator;
    setImmediate(() => this.#pump());
  }

  /** Stops the reading; dynalite calls it when a page is full. */
  destroy(): void {
    this.#destroyed = true;
  }

  async #pump(): Promise<void> {
    try {
      while (!this.#destroyed) {
        const chunk = await this.#iterator.nextv(CHUNK_SIZE);
        if (chunk.length === 0) break;
        for (const value of chunk) {
          if (this.#destroyed) break;
          this.emit('data', value);
        }
      }
      this.emit('end');
    } catch (error) {
      this.emit('error', error);
    } finally {
      await this.#iterator.close();
    }
  }
}
