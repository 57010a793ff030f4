/** Frees all the keys that one `acquire` took. */
export type Release = () => void;

/** First-come-first-served locks by key, for one process. */
export class KeyLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Waits until every key is free and holds them all; keys are taken in sorted order, so no deadlock is possible. */
  async acquire(keys: Iterable<string>): Promise<Release> {
    const releases: Release[] = [];
    for (const key of [...new Set(keys)].sort()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const previous = this.#tails.get(key);
      this.#tails.set(key, promise);
      releases.push(() => {
        if (this.#tails.get(key) === promise) this.#tails.delete(key);
        resolve();
      });
      if (previous) await previous;
    }
    return () => {
      for (const release of releases) release();
    };
  }
}
