import { mkdir } from 'node:fs/promises';
import { createDatabase, type Database } from './dynalite.ts';
import { EngineError } from './errors.ts';

/** Opens LevelDB in a folder (made if absent) or in memory; rejects with an `EngineError` that says what to do. */
export async function openDatabase(folder: string | undefined): Promise<Database> {
  if (folder !== undefined) {
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw explainOpenFailure(folder, error);
    }
  }
  const database = createDatabase(folder);
  try {
    await database.open();
  } catch (error) {
    throw explainOpenFailure(folder ?? 'memory', error);
  }
  return database;
}

function explainOpenFailure(folder: string, error: unknown): EngineError {
  const causes = listErrorCodes(error);
  if (causes.includes('LEVEL_LOCKED')) {
    return new EngineError(
      'LOCKED',
      `The data folder ${folder} is in use by another process. Stop the other Towpath, or start this one with another folder.`,
      error,
    );
  }
  if (causes.includes('LEVEL_CORRUPTION')) {
    return new EngineError(
      'CORRUPT',
      `The data folder ${folder} is damaged. Move it away to keep it, then start again with an empty folder.`,
      error,
    );
  }
  return new EngineError(
    'UNWRITABLE',
    `The data folder ${folder} cannot be written. Check its path, its permissions and the free space on its disk.`,
    error,
  );
}

/** The `code` of an error and of every error beneath it. */
function listErrorCodes(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  return ['code' in error ? error.code : undefined, ...listErrorCodes(error.cause)];
}
