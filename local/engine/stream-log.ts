import { createHash } from 'node:crypto';
import type { Committer } from './committer.ts';
import type { ItemChange } from './derived-entries.ts';
import type { Database, Item, WriteOperation } from './dynalite.ts';
import { sizeOf } from './item-rules.ts';
import { checkpointKey, rangeOf, sequenceKey, streamPrefix } from './layout.ts';

const RETENTION_SECONDS = 24 * 60 * 60;

/** Who made a change, when it was not a request: the TTL pass. */
export interface UserIdentity {
  readonly type: 'Service';
  readonly principalId: 'dynamodb.amazonaws.com';
}

/** One change of one item, as a Lambda function gets it, but for `awsRegion` and `eventSourceARN`. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventVersion: '1.1';
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventSource: 'aws:dynamodb';
  readonly dynamodb: {
    /** Epoch seconds. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    /** 21 digits, so text order is commit order; one order over all tables of an engine. */
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: 'NEW_AND_OLD_IMAGES';
  };
  readonly userIdentity?: UserIdentity;
}

/** Called when a stream has grown, after its new records are stored. */
export type StreamListener = () => void;

/** Where and how much to read of a stream. */
export interface StreamPosition {
  /** Reads only records after this sequence number; absent means from the oldest kept. */
  readonly after?: string;
  readonly limit: number;
}

/** Leads with 1 and has 21 digits, as DynamoDB's own numbers, so no consumer sees a leading zero. */
const toSequenceNumber = (count: number) => `1${String(count).padStart(20, '0')}`;

/** The streams of all tables: what changed, in order of commit, kept for 24 hours beside the items. */
export class StreamLog {
  readonly #database: Database;
  readonly #committer: Committer;
  readonly #clock: () => number;
  readonly #listeners = new Map<string, Set<StreamListener>>();
  #count = 0;

  constructor(database: Database, committer: Committer, clock: () => number) {
    this.#database = database;
    this.#committer = committer;
    this.#clock = clock;
  }

  /** Goes on counting where the last run ended. */
  async load(): Promise<void> {
    this.#count = ((await this.#database.get(sequenceKey)) as number | undefined) ?? 0;
  }

  /**
   * The writes that record these changes, numbered in the order of the calls; the caller must hand them to the
   * committer in the same turn, so that the order of numbers is the order of commits.
   */
  recordChanges(changes: ItemChange[], userIdentity?: UserIdentity): WriteOperation[] {
    const writes: WriteOperation[] = [];
    for (const change of changes) {
      if (!change.table.settings.stream) continue;
      this.#count += 1;
      const sequenceNumber = toSequenceNumber(this.#count);
      const tableName = change.table.record.TableName;
      writes.push({
        type: 'put',
        key: streamPrefix(tableName) + sequenceNumber,
        value: this.#describe(change, sequenceNumber, userIdentity),
      });
    }
    if (writes.length > 0) writes.push({ type: 'put', key: sequenceKey, value: this.#count });
    return writes;
  }

  /** Tells the listeners of a table that its stream has grown. */
  announce(tableNames: Iterable<string>): void {
    for (const tableName of new Set(tableNames)) {
      for (const listener of this.#listeners.get(tableName) ?? []) listener();
    }
  }

  /** Calls the listener after each commit that touches the table; returns how to stop that. */
  subscribe(tableName: string, listener: StreamListener): () => void {
    const listeners = this.#listeners.get(tableName) ?? new Set();
    this.#listeners.set(tableName, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** The records of a table after a position, in order of commit. */
  async read(tableName: string, { after, limit }: StreamPosition): Promise<StreamRecord[]> {
    const prefix = streamPrefix(tableName);
    const { lt, gte } = rangeOf(prefix);
    const start = after === undefined ? { gte } : { gt: prefix + after };
    return (await this.#database.values({ ...start, lt, limit }).all()) as StreamRecord[];
  }

  /** The sequence number a consumer last stored, or undefined. */
  async readCheckpoint(tableName: string, consumer: string): Promise<string | undefined> {
    return (await this.#database.get(checkpointKey(tableName, consumer))) as string | undefined;
  }

  /** Stores how far a consumer has read. */
  writeCheckpoint(tableName: string, consumer: string, sequenceNumber: string): Promise<void> {
    return this.#committer.commit([
      { type: 'put', key: checkpointKey(tableName, consumer), value: sequenceNumber },
    ]);
  }

  /** Removes the records of a table that are older than 24 hours. */
  async trim(tableName: string): Promise<void> {
    const oldestKept = this.#clock() / 1000 - RETENTION_SECONDS;
    const iterator = this.#database.values(rangeOf(streamPrefix(tableName)));
    let last: string | undefined;
    try {
      for (;;) {
        const chunk = (await iterator.nextv(100)) as StreamRecord[];
        const old = chunk.filter(({ dynamodb }) => dynamodb.ApproximateCreationDateTime < oldestKept);
        last = old.at(-1)?.dynamodb.SequenceNumber ?? last;
        if (chunk.length === 0 || old.length < chunk.length) break;
      }
    } finally {
      await iterator.close();
    }
    const prefix = streamPrefix(tableName);
    if (last !== undefined) await this.#database.clear({ gte: prefix, lte: prefix + last });
  }

  #describe(
    change: ItemChange,
    sequenceNumber: string,
    userIdentity: UserIdentity | undefined,
  ): StreamRecord {
    const { table, before, after } = change;
    const image = after ?? before ?? {};
    const keys = Object.fromEntries(
      Object.entries(image).filter(([name]) =>
        table.record.KeySchema.some((key) => key.AttributeName === name),
      ),
    );
    return {
      // Derived, not random: a replayed run gives the same events.
      eventID: createHash('md5').update(`${table.record.TableName}/${sequenceNumber}`).digest('hex'),
      eventVersion: '1.1',
      eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(this.#clock() / 1000),
        Keys: keys,
        ...(after && { NewImage: after }),
        ...(before && { OldImage: before }),
        SequenceNumber: sequenceNumber,
        SizeBytes: sizeOf(keys) + sizeOf(before) + sizeOf(after),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      ...(userIdentity && { userIdentity }),
    };
  }
}
