import { randomBytes } from 'node:crypto';
import { encodeTime } from 'ulid';
import type { LogEntry } from '../domain/audit/audit-entry.ts';
import { putEntry } from '../store/audit.ts';
import { abandonEntry, nextEntry } from '../store/audit-writer.ts';
import { secondSinkId, secondSinkPrefix } from '../store/keys.ts';
import type { LogObjects } from '../store/log-objects.ts';
import { findPositions } from '../store/log-positions.ts';
import type { AuditStore } from '../store/store.ts';

/** Days that are looked through each time: longer than anybody leaves the alarm of a failing audit table alone. */
const sweptDays = 2;

/** Entries that S3 lists at once. */
const pageLength = 1_000;

/** Puts the entries of the second sink that are not in the log into the table, whose stream brings them there; how many. */
export async function sweepSecondSink(store: AuditStore, objects: LogObjects): Promise<number> {
  let after = `${secondSinkPrefix}${encodeTime(store.now().getTime() - sweptDays * 86_400_000)}`;
  let count = 0;
  for (;;) {
    const paths = await objects.list(secondSinkPrefix, after);
    const known = await findPositions(store, paths.map(secondSinkId));
    for (const path of paths.filter((one) => !known.has(secondSinkId(one)))) {
      const object = await objects.read(path);
      if (!object) continue;
      await putEntry(store, JSON.parse(object.bytes.toString('utf8')) as LogEntry);
      count += 1;
    }
    if (paths.length < pageLength) return count;
    after = paths.at(-1) ?? after;
  }
}

/** Gives the log its sign of life: an entry a minute, so that a minute without one is a minute in which nothing ran. */
export async function recordHeartbeat(store: AuditStore): Promise<void> {
  const entry = nextEntry(store, { type: 'AuditHeartbeat', salt: randomBytes(16).toString('hex') });
  try {
    await putEntry(store, entry);
  } catch (error) {
    abandonEntry(store.writer, entry);
    throw error;
  }
}
