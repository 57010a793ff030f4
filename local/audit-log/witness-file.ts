import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { type Checkpoint, readCheckpoint } from '../../functions/domain/audit/checkpoint.ts';
import { readSignedNote } from '../../functions/domain/audit/signed-note.ts';

/** The head in a witness's file; undefined when there is no file yet. Throws when the file holds something else. */
export async function readWitnessed(file: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const note = readSignedNote(text);
  const checkpoint = note && readCheckpoint(note.text);
  if (!checkpoint) throw new Error(`${file} holds no checkpoint: a witness that forgets is none`);
  return checkpoint;
}

/** Keeps the head, signature and all, whole or not at all. */
export async function keepWitnessed(file: string, note: Buffer): Promise<void> {
  const partial = `${file}.${randomUUID()}.partial`;
  await writeFile(partial, note, { mode: 0o600, flush: true });
  await rename(partial, file);
}
