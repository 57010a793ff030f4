/**
 * The verifiable audit log: entries sequenced a second and how long one takes into a signed head; verification of a large log
 * by the command line's own code; tampering found; what one awaited audit entry costs.
 *
 *     node bench/audit-log.ts [--entries 1000000] [--sequenced 40000] [--mutants 5000]
 *
 * The sequencer works on the embedded engine and the local S3 over HTTP, with every object synced to disk; the key is in
 * memory, so KMS's few milliseconds a head are missing.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LogEntry } from '../functions/domain/audit/audit-entry.ts';
import { writeCheckpoint } from '../functions/domain/audit/checkpoint.ts';
import { leafOf } from '../functions/domain/audit/log-leaf.ts';
import { inclusionProof, leafHash } from '../functions/domain/audit/merkle.ts';
import { writeSignedNote } from '../functions/domain/audit/signed-note.ts';
import { edgeRoot, emptyEdge, extendEdge } from '../functions/domain/audit/tree-edge.ts';
import { verifyLog } from '../functions/domain/audit/verify-log.ts';
import { appendAuditEntry } from '../functions/store/audit.ts';
import { openLogObjects } from '../functions/store/log-objects.ts';
import { type AuditLog, sequenceEntries } from '../functions/usecases/sequence-audit.ts';
import { openLogFolder } from '../local/audit-log/log-folder.ts';
import { createFileFolder } from '../local/aws/object-folder.ts';
import { startS3 } from '../local/aws/s3.ts';
import { makeEntries, makeLogKey, makeMemoryObjects, testOrigin } from '../test/support/log-world.ts';
import { openTestStore } from '../test/support/store.ts';
import { filesOfTree, tamper, tamperingActs } from '../test/support/tamper.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    sequenced: { type: 'string', default: '40000' },
    mutants: { type: 'string', default: '5000' },
  },
});
const { key, signer } = makeLogKey();
const folder = mkdtempSync(path.join(tmpdir(), 'towpath-audit-log-'));
const store = await openTestStore();

const seconds = (from: number) => (performance.now() - from) / 1000;
const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Batches as the stream gives them to the function: a thousand entries at most, one batch after another. */
async function measureSequencer(total: number) {
  const s3 = await startS3({
    buckets: new Map([['audit', createFileFolder(path.join(folder, 's3'), path.join(folder, 'metadata'))]]),
    onDefect: (error) => {
      throw error;
    },
  });
  process.env.AWS_ENDPOINT_URL_S3 = s3.endpoint;
  process.env.AWS_REGION = 'eu-west-2';
  const objects = openLogObjects('audit', () => new Date());
  const log: AuditLog = { origin: testOrigin, store, objects, signer };
  const entries = makeEntries(store, total, 16);
  const batch = 1_000;
  const times: number[] = [];
  const started = performance.now();
  for (let from = 0; from < total; from += batch) {
    const at = performance.now();
    await sequenceEntries(log, entries.slice(from, from + batch));
    times.push(performance.now() - at);
  }
  const perSecond = Math.round(total / seconds(started));
  const single: number[] = [];
  for (const entry of makeEntries(store, 200, 1)) {
    const at = performance.now();
    await sequenceEntries(log, [entry]);
    single.push(performance.now() - at);
  }
  await s3.close();
  const sorted = times.toSorted((a, b) => a - b);
  return {
    sequencedPerSecond: perSecond,
    batchOf1000P50Ms: Math.round(quantile(sorted, 0.5)),
    batchOf1000P99Ms: Math.round(quantile(sorted, 0.99)),
    singleEntryP99Ms: Math.round(
      quantile(
        single.toSorted((a, b) => a - b),
        0.99,
      ),
    ),
  };
}

/** A log of the given size, made without the sequencer: what is measured is the verification. */
function writeLargeLog(total: number): string {
  const target = path.join(folder, 'large');
  let edge = emptyEdge;
  let bytes = 0;
  const write = (file: string, content: Buffer | string) => {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
    writeFileSync(path.join(target, file), content);
  };
  const writers = makeEntries(store, total, 50);
  for (let from = 0; from < total; from += 25_600) {
    const leaves = (writers.slice(from, from + 25_600) as LogEntry[]).map(leafOf);
    bytes += leaves.reduce((sum, leaf) => sum + leaf.length, 0);
    const grown = extendEdge(edge, leaves);
    edge = grown.edge;
    for (const file of grown.files) write(file.path, file.bytes);
  }
  write('text', writeCheckpoint({ origin: testOrigin, size: total, root: edgeRoot(edge) }));
  console.log(`  ${total} entries of ${Math.round(bytes / total)} bytes`);
  return target;
}

async function measureVerifier(total: number) {
  const target = writeLargeLog(total);
  const read = openLogFolder(target);
  const text = (await read('text'))?.toString() ?? '';
  const signature = await signer.sign(Buffer.from(text));
  const signatures = [{ name: key.name, keyId: key.keyId, signature }];
  writeFileSync(path.join(target, 'checkpoint'), writeSignedNote({ text, signatures }));
  const started = performance.now();
  const report = await verifyLog({ read, keys: [key] });
  if (report.findings.length > 0) throw new Error(JSON.stringify(report.findings[0]));
  return { verifiedEntries: report.entries, verifySeconds: Number(seconds(started).toFixed(1)) };
}

/** A fixed sequence of numbers, so that a mutant that escaped is made again by its number. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

async function measureTampering(total: number) {
  const objects = makeMemoryObjects();
  const size = 600;
  const other = await openTestStore();
  await sequenceEntries({ origin: testOrigin, store: other, objects, signer }, makeEntries(other, size));
  await other.close();
  const paths = filesOfTree(size);
  const random = numbers(1);
  const pick = () => random.next().value;
  let caught = 0;
  let made = 0;
  while (made < total) {
    const act = tamperingActs[made % tamperingActs.length] ?? 'flip';
    const changed = tamper(objects.files, paths, {
      act,
      path: paths[(pick() >>> 8) % paths.length] ?? 'checkpoint',
      at: pick() >>> 4,
      other: pick() >>> 4,
    });
    if (!changed) continue;
    made += 1;
    const { findings } = await verifyLog({ read: (file) => Promise.resolve(changed.get(file)), keys: [key] });
    if (findings.length > 0) caught += 1;
    else console.log(`  mutant ${made} (${act}) was not found`);
  }
  return { mutants: made, mutantsFound: caught };
}

async function measureEntry() {
  const event = {
    operation: 'read-section',
    action: 'R',
    requestId: 'r',
    outcome: 'success',
    caller: {
      subject: 'u1',
      name: 'Ada Quay',
      role: 'clinician',
      organisation: 'T9A',
      purpose: 'directcare',
      tokenId: 't1',
    },
  } as const;
  const times: number[] = [];
  for (let at = 0; at < 3_000; at += 1) {
    const started = performance.now();
    await appendAuditEntry(store, { ...event, personId: `p-${at % 40}` });
    times.push(performance.now() - started);
  }
  const sorted = times.slice(500).toSorted((a, b) => a - b);
  return {
    auditEntryP50Ms: Number(quantile(sorted, 0.5).toFixed(2)),
    auditEntryP99Ms: Number(quantile(sorted, 0.99).toFixed(2)),
  };
}

try {
  console.log(`Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model ?? 'unknown'})`);
  const proof = inclusionProof(() => leafHash(Buffer.alloc(0)), 123_456_789, 1_000_000_000);
  const figures = {
    ...(await measureEntry()),
    ...(await measureSequencer(Number(values.sequenced))),
    ...(await measureVerifier(Number(values.entries))),
    ...(await measureTampering(Number(values.mutants))),
    proofBytesAtOneBillion: Buffer.concat(proof).length,
  };
  console.log(JSON.stringify(figures, undefined, 2));
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}
