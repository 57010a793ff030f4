import { openDatabase } from './database.ts';
import { type Engine, type EngineSettings, runEngine } from './engine.ts';

export type { Engine } from './engine.ts';
export { EngineError } from './errors.ts';
export type { StreamRecord } from './stream-log.ts';
export type { TableDefinition } from './table-definition.ts';

/** How to start an engine. */
export interface EngineOptions extends Omit<EngineSettings, 'sweeps'> {
  /** The LevelDB folder, made if absent; without it, everything is in memory and nothing is swept by itself. */
  dir?: string;
}

/**
 * Starts a DynamoDB endpoint on a folder or in memory. Rejects with an `EngineError`: `LOCKED` when another process
 * holds the folder, `UNWRITABLE` when it cannot be made or written, `CORRUPT` when it is damaged.
 */
export async function startEngine({ dir, ...settings }: EngineOptions = {}): Promise<Engine> {
  const database = await openDatabase(dir);
  try {
    return await runEngine(database, { ...settings, sweeps: dir !== undefined });
  } catch (error) {
    await database.close();
    throw error;
  }
}
