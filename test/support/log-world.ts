import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { AuditEvent, LogEntry } from '../../functions/domain/audit/audit-entry.ts';
import { readCheckpoint } from '../../functions/domain/audit/checkpoint.ts';
import { type NoteKey, type NoteKeyKind, noteKeyId } from '../../functions/domain/audit/note-key.ts';
import { readSignedNote } from '../../functions/domain/audit/signed-note.ts';
import { nextEntry } from '../../functions/store/audit-writer.ts';
import type { LogObject, LogObjects } from '../../functions/store/log-objects.ts';
import type { LogSigner } from '../../functions/store/log-signer.ts';
import type { Store } from '../../functions/store/store.ts';

/** The origin of logs in tests. */
export const testOrigin = 'test.towpath.example/audit-log';

/** A key of a kind that signs logs, with the name it is pinned under. */
export function makeLogKey(
  name = testOrigin,
  kind: NoteKeyKind = 'ECDSA',
): { readonly signer: LogSigner; readonly key: NoteKey } {
  const pair =
    kind === 'ECDSA' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ml-dsa-44');
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' });
  const hash = kind === 'ECDSA' ? 'sha256' : null;
  return {
    signer: {
      sign: (message) => Promise.resolve(sign(hash, message, pair.privateKey)),
      publicKey: () => Promise.resolve(publicKey),
    },
    key: { name, keyId: noteKeyId(name, publicKey), publicKey },
  };
}

/** The objects of a log in memory, and every head that was ever published. */
export interface MemoryObjects extends LogObjects {
  readonly files: Map<string, Buffer>;
  readonly published: { readonly size: number; readonly root: string }[];
}

/** Makes {@link MemoryObjects}, with these files to begin with. */
export function makeMemoryObjects(given: ReadonlyMap<string, Buffer> = new Map()): MemoryObjects {
  const files = new Map(given);
  const published: { size: number; root: string }[] = [];
  const etagOf = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
  const read = (path: string): LogObject | undefined => {
    const bytes = files.get(path);
    return bytes && { bytes, etag: etagOf(bytes) };
  };
  return {
    files,
    published,
    read: (path) => Promise.resolve(read(path)),
    create(path, bytes) {
      if (files.has(path)) return Promise.resolve('exists');
      files.set(path, bytes);
      return Promise.resolve('created');
    },
    replace(path, bytes, etag) {
      if (read(path)?.etag !== etag) return Promise.resolve('changed');
      files.set(path, bytes);
      const head = readCheckpoint(readSignedNote(bytes.toString('utf8'))?.text ?? '');
      if (head) published.push({ size: head.size, root: head.root.toString('base64') });
      return Promise.resolve('replaced');
    },
    list: (prefix, after) =>
      Promise.resolve([...files.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()),
  };
}

const caller: Caller = {
  subject: 'u1',
  name: 'Ada Quay',
  role: 'clinician',
  organisation: 'T9A',
  purpose: 'directcare',
  tokenId: 't1',
};

const event: AuditEvent = {
  operation: 'read-section',
  action: 'R',
  caller,
  requestId: '9b2f4b7e-0000-4000-8000-000000000000',
  outcome: 'success',
};

/** Entries of `writers` writers in turn, as the table would give them. */
export function makeEntries(store: Store, count: number, writers = 3): LogEntry[] {
  const stores = Array.from({ length: writers }, () => ({
    ...store,
    writer: { id: store.newId(), sequence: 0 },
  }));
  return Array.from({ length: count }, (_, at) =>
    nextEntry(stores[at % writers] ?? store, {
      ...event,
      type: 'AuditEntry',
      personId: `p-${at % 7}`,
      salt: randomBytes(16).toString('hex'),
    }),
  );
}
