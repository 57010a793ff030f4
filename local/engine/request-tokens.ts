import type { Database, WriteOperation } from './dynalite.ts';
import { rangeOf, tokenPrefix } from './layout.ts';

const TOKEN_SECONDS = 10 * 60;

interface StoredToken {
  digest: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** What a client request token says of a transaction. */
export type TokenState = 'new' | 'replay' | 'mismatch';

/** The tokens of the transactions of the last 10 minutes, stored with them, so that a restart forgets none. */
export class RequestTokens {
  readonly #database: Database;
  readonly #clock: () => number;

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The key to hold while a token is looked up and stored. */
  keyOf(token: string): string {
    return tokenPrefix + token;
  }

  /** Whether a transaction with this token and digest was stored within 10 minutes. */
  async look(token: string, digest: string): Promise<TokenState> {
    const stored = (await this.#database.get(this.keyOf(token))) as StoredToken | undefined;
    if (!stored || stored.expiresAt <= this.#clock()) return 'new';
    return stored.digest === digest ? 'replay' : 'mismatch';
  }

  /** The write that remembers a token. */
  remember(token: string, digest: string): WriteOperation {
    const value: StoredToken = { digest, expiresAt: this.#clock() + TOKEN_SECONDS * 1000 };
    return { type: 'put', key: this.keyOf(token), value };
  }

  /** The writes that forget all tokens older than 10 minutes. */
  async forgetExpired(): Promise<WriteOperation[]> {
    const keys = (await this.#database.keys(rangeOf(tokenPrefix)).all()).map(String);
    const tokens = (await this.#database.getMany(keys)) as (StoredToken | undefined)[];
    const now = this.#clock();
    return keys
      .filter((_key, index) => (tokens[index]?.expiresAt ?? 0) <= now)
      .map((key) => ({ type: 'del', key }));
  }
}
