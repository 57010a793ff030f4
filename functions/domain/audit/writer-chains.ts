import type { LogEntry } from './audit-entry.ts';
import type { LogFinding } from './verify-log.ts';

interface Waiting {
  readonly index: number;
  readonly hash: string;
  readonly entry: LogEntry;
}

interface Chain {
  /** The number that comes next. */
  next: number;
  /** The hash of the entry with the number before it; undefined when that entry is not at hand. */
  lastHash: string | undefined;
  /** Entries that came before their turn. */
  readonly waiting: Map<number, Waiting>;
  readonly abandoned: (readonly [number, number])[];
}

/** Milliseconds that a writer's entries may come into the log after one with a later number. */
const settleMilliseconds = 60_000;

/**
 * Follows every writer's own chain through the log: each number once, each entry naming the hash of the one before it. Entries
 * of one writer may be in the log in another order, for the table's stream has several shards.
 */
export class WriterChains {
  readonly #chains = new Map<string, Chain>();
  readonly #findings: LogFinding[] = [];
  /** True when the log is read from its middle on: then a writer's first entry may have any number. */
  readonly #fromMiddle: boolean;

  constructor(fromMiddle: boolean) {
    this.#fromMiddle = fromMiddle;
  }

  /** Takes the entry at `index`; `hash` is its leaf's, base64. */
  add(index: number, hash: string, entry: LogEntry): void {
    let chain = this.#chains.get(entry.writerId);
    if (!chain) {
      const next = this.#fromMiddle ? entry.writerSequence : 1;
      chain = { next, lastHash: undefined, waiting: new Map(), abandoned: [] };
      this.#chains.set(entry.writerId, chain);
    }
    for (const range of entry.abandoned ?? []) chain.abandoned.push(range);
    const number = entry.writerSequence;
    if (number < chain.next || chain.waiting.has(number)) {
      if (!this.#fromMiddle) this.#report('repeated', index, 'a writer’s number is there twice');
    } else if (number > chain.next) chain.waiting.set(number, { index, hash, entry });
    else {
      this.#follow(chain, { index, hash, entry });
      this.#catchUp(chain);
    }
  }

  #follow(chain: Chain, { index, hash, entry }: Waiting): void {
    const { lastHash } = chain;
    const isFirst = entry.writerSequence === 1;
    const fits = lastHash === undefined ? !isFirst || !entry.previousHash : entry.previousHash === lastHash;
    if (!fits)
      this.#report('broken-chain', index, 'it does not name the hash of its writer’s entry before it');
    chain.next = entry.writerSequence + 1;
    chain.lastHash = hash;
  }

  #catchUp(chain: Chain): void {
    for (;;) {
      const following = chain.waiting.get(chain.next);
      if (!following) return;
      chain.waiting.delete(chain.next);
      this.#follow(chain, following);
    }
  }

  /**
   * What is wrong at the end of the log; `until` is the latest instant in it (epoch milliseconds). A number that is missing
   * since less than a minute may still come.
   */
  finish(until: number): { findings: LogFinding[]; unsettled: number } {
    let unsettled = 0;
    for (const chain of this.#chains.values()) {
      while (chain.waiting.size > 0) {
        const number = Math.min(...chain.waiting.keys());
        const following = chain.waiting.get(number);
        if (!following) break;
        if (!isDeclared(chain, chain.next, number - 1)) {
          if (until - Date.parse(following.entry.recordedAt) < settleMilliseconds) unsettled += 1;
          else this.#report('gap', following.index, 'its writer’s entry before it is not in the log');
        }
        chain.waiting.delete(number);
        chain.lastHash = undefined;
        this.#follow(chain, following);
        this.#catchUp(chain);
      }
    }
    return { findings: this.#findings, unsettled };
  }

  #report(kind: LogFinding['kind'], index: number, what: string): void {
    this.#findings.push({ kind, index, what });
  }
}

/** Whether the writer itself said of every number from `from` to `to` that it could store that entry nowhere. */
function isDeclared({ abandoned }: Chain, from: number, to: number): boolean {
  let next = from;
  for (const [first, last] of abandoned.toSorted(([a], [b]) => a - b))
    if (first <= next && last >= next) next = last + 1;
  return next > to;
}
