import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../functions/domain/audit/checkpoint.ts';
import { leafHash, provesInclusion } from '../../../functions/domain/audit/merkle.ts';
import { judgeSignatures, readSignedNote } from '../../../functions/domain/audit/signed-note.ts';
import { openLogObjects } from '../../../functions/store/log-objects.ts';
import { type AuditLog, sequenceEntries } from '../../../functions/usecases/sequence-audit.ts';
import { makeEntries, makeLogKey, testOrigin } from '../../support/log-world.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';

const { key, signer } = makeLogKey();
const second = makeLogKey(testOrigin, 'ML-DSA-44');
const officer = { role: 'privacy-officer', purpose: 'audit' } as const;
let region: TestRegion;
let log: AuditLog;
beforeAll(async () => {
  region = await openTestRegion();
  const objects = openLogObjects('audit', () => new Date());
  log = { origin: testOrigin, store: region.store, objects, signer, postQuantumSigner: second.signer };
});
afterAll(() => region?.close());

interface Answer {
  readonly id: string;
  readonly index: number;
  readonly entry: string;
  readonly proof: string;
}

const receiptOf = (id: string, caller: object = officer) =>
  region.call<Answer>('get-audit-receipt', { caller, path: { id } });

/** Whether a tlog-proof shows, with the pinned keys alone, that the log holds the text. */
function proves(proof: string, text: string): boolean {
  const at = proof.indexOf('\n\n');
  const [version, indexLine, ...hashes] = proof.slice(0, at).split('\n');
  const note = readSignedNote(proof.slice(at + 2));
  const head = note && readCheckpoint(note.text);
  if (
    version !== 'c2sp.org/tlog-proof@v1' ||
    !note ||
    !head ||
    judgeSignatures(note, [key, second.key]).is !== 'signed'
  )
    return false;
  return provesInclusion(
    {
      index: Number(indexLine?.replace('index ', '')),
      size: head.size,
      leaf: leafHash(Buffer.from(text)),
      proof: hashes.map((hash) => Buffer.from(hash, 'base64')),
    },
    head.root,
  );
}

describe('the receipt of an audit entry', () => {
  it('proves by itself that the entry is in the signed log, wherever in the tree it is', async () => {
    const entries = makeEntries(region.store, 700);
    await sequenceEntries(log, entries.slice(0, 300));
    await sequenceEntries(log, entries.slice(300));
    const ids = entries.map(({ id }) => id).toSorted();
    for (const at of [0, 1, 255, 256, 511, 512, 698, 699]) {
      const { body, status } = await receiptOf(ids[at] ?? '');
      expect([at, status, body.index]).toEqual([at, 200, at]);
      expect(JSON.parse(body.entry)).toMatchObject({ id: ids[at] });
      expect(proves(body.proof, body.entry)).toBe(true);
      expect(proves(body.proof, body.entry.replace('clinician', 'physician'))).toBe(false);
      expect(body.proof.length).toBeLessThan(5_000);
    }
  });

  it('is itself audited, for the patient of the entry', async () => {
    const [entry] = makeEntries(region.store, 1);
    await sequenceEntries(log, entry ? [entry] : []);
    await receiptOf(entry?.id ?? '');
    expect(
      (await region.auditEntries()).filter(({ operation }) => operation === 'get-audit-receipt').at(-1),
    ).toMatchObject({
      outcome: 'success',
      personId: 'p-0',
    });
  });

  it('of an entry that is not in the log, or of nothing, is 404', async () => {
    const [entry] = makeEntries(region.store, 1);
    expect(await receiptOf(entry?.id ?? '')).toMatchObject({ status: 404, code: 'ENTRY_NOT_LOGGED' });
    expect(await receiptOf('not-an-id')).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('is for those who may read the audit', async () => {
    const [entry] = makeEntries(region.store, 1);
    expect(await receiptOf(entry?.id ?? '', { role: 'clinician' })).toMatchObject({ status: 403 });
  });
});
