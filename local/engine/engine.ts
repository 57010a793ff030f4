import { Committer } from './committer.ts';
import { dispatch } from './dispatch.ts';
import type { Database } from './dynalite.ts';
import type { EngineError } from './errors.ts';
import { sweep } from './expiry.ts';
import { type Answerer, listen } from './http-front.ts';
import { ItemWriter } from './item-writer.ts';
import { RequestTokens } from './request-tokens.ts';
import { createStore } from './store.ts';
import { type StreamListener, StreamLog, type StreamPosition, type StreamRecord } from './stream-log.ts';
import { ensureTable } from './table-admin.ts';
import { TableCatalogue } from './table-catalogue.ts';
import type { TableDefinition } from './table-definition.ts';

const SWEEP_INTERVAL_MS = 30_000;

/** How to run an engine; see `startEngine` for where its data lies. */
export interface EngineSettings {
  /** 0, the default, takes any free port. */
  port?: number;
  /** Epoch milliseconds, for expiry, token windows and stream times; default `Date.now`. */
  clock?: () => number;
  /**
   * Whether each batch waits for the disk itself; default false. Either way an acknowledged write survives a kill of
   * the process, and what a loss of power takes is the newest writes, each whole. Waiting costs 0.3 to 4 ms a batch
   * (measured on a virtual disk), against 0.02 ms without and about 1 ms for a whole request.
   */
  sync?: boolean;
  /** Whether expired items and old stream records are removed every 30 s; default true. */
  sweeps?: boolean;
  /** Called once when a write could not be stored: from then on every write is refused. */
  onFatal?: (error: EngineError) => void;
}

/** A running engine. */
export interface Engine {
  /** `http://127.0.0.1:PORT`; it listens on the loopback address only. */
  readonly endpoint: string;
  /** Answers one request of the DynamoDB API without a socket; throws a ServiceError for every answer but success. */
  readonly answer: Answerer;
  /** Makes a table or fits an existing one; rejects with `EngineError` `TABLE_DIFFERS` if its keys are others. */
  createTable(definition: TableDefinition): Promise<void>;
  /** Reads a table's stream in order of commit, the oldest kept record first. */
  readStream(tableName: string, position: StreamPosition): Promise<StreamRecord[]>;
  /** Calls the listener after each commit that grows the table's stream; returns how to stop that. */
  subscribe(tableName: string, listener: StreamListener): () => void;
  /** The sequence number a named consumer last stored for a table's stream. */
  readCheckpoint(tableName: string, consumer: string): Promise<string | undefined>;
  /** Stores how far a named consumer has got in a table's stream. */
  writeCheckpoint(tableName: string, consumer: string, sequenceNumber: string): Promise<void>;
  /** One pass of expiry, now; returns how many items it removed. */
  sweepExpired(): Promise<number>;
  /** Ends the requests under way, then closes the data; may be called again. */
  close(): Promise<void>;
}

/** Runs an engine on an open database, which it closes at its end. */
export async function runEngine(database: Database, settings: EngineSettings = {}): Promise<Engine> {
  const { port = 0, clock = Date.now, sync = false, sweeps = true, onFatal = () => {} } = settings;
  const committer = new Committer(database, { sync, onFatal });
  const catalogue = new TableCatalogue();
  const streams = new StreamLog(database, committer, clock);
  const tokens = new RequestTokens(database, clock);
  const store = createStore({ database, committer, catalogue });
  const writer = new ItemWriter({ database, store, committer, streams });
  const parts = { database, committer, catalogue, streams, tokens, store, writer, clock };
  await catalogue.load(database);
  await streams.load();
  const answer: Answerer = (target, request) => dispatch(target, request, parts);
  const front = await listen(port, answer);

  let sweeping: Promise<unknown> = Promise.resolve();
  const sweepInTurn = () => {
    const turn = sweeping.then(() => sweep(parts));
    // A pass that fails has failed on a write, which `onFatal` has already reported.
    sweeping = turn.catch(() => {});
    return turn;
  };
  const timer = sweeps ? setInterval(() => void sweepInTurn().catch(() => {}), SWEEP_INTERVAL_MS) : undefined;
  timer?.unref();

  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    clearInterval(timer);
    await front.close();
    await sweeping;
    await committer.close();
    await database.close();
  };

  return {
    endpoint: front.endpoint,
    answer,
    createTable: (definition) => ensureTable(definition, parts),
    readStream: (tableName, position) => streams.read(tableName, position),
    subscribe: (tableName, listener) => streams.subscribe(tableName, listener),
    readCheckpoint: (tableName, consumer) => streams.readCheckpoint(tableName, consumer),
    writeCheckpoint: (...checkpoint) => streams.writeCheckpoint(...checkpoint),
    sweepExpired: sweepInTurn,
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}
