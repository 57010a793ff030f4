import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../../../functions/domain/audit/checkpoint.ts';
import { emptyRoot } from '../../../../functions/domain/audit/merkle.ts';
import {
  ecdsaKeyId,
  isSignedBy,
  type NoteKey,
  readSignedNote,
  splitNoteKey,
  writeNoteKey,
  writeSignedNote,
} from '../../../../functions/domain/audit/signed-note.ts';

function makeSigner(name = 'log.example/audit') {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key: NoteKey = { name, keyId: ecdsaKeyId(publicKey), publicKey };
  const lineOn = (text: string) => ({
    name,
    keyId: key.keyId,
    signature: sign('sha256', Buffer.from(text), privateKey),
  });
  return { key, lineOn };
}

const text = writeCheckpoint({ origin: 'log.example/audit', size: 70_000, root: emptyRoot });
const log = makeSigner();
const other = makeSigner('witness.example/w1');

describe('a signed note', () => {
  it('is read back as it was written, and its signature is good', () => {
    const note = writeSignedNote({ text, signatures: [log.lineOn(text), other.lineOn(text)] });
    const read = readSignedNote(note);
    expect(read?.text).toBe(text);
    expect(read && isSignedBy(read, [log.key])).toBe('signed');
    expect(read && isSignedBy(read, [other.key])).toBe('signed');
  });

  it('with signatures of unknown keys only is not trusted; they spoil nothing beside a known one', () => {
    const signed = (signatures: ReturnType<typeof log.lineOn>[]) =>
      isSignedBy({ text, signatures }, [log.key]);
    expect(signed([other.lineOn(text)])).toBe('unknown-keys');
    expect(signed([{ ...other.lineOn('junk'), name: log.key.name }, log.lineOn(text)])).toBe('signed');
    expect(signed([{ ...log.lineOn(text), name: 'another.example' }])).toBe('unknown-keys');
  });

  it('with a line of the known key that does not verify is forged', () => {
    const forged = { text, signatures: [log.lineOn(`${text}more\n`)] };
    expect(isSignedBy(forged, [log.key])).toBe('forged');
    expect(isSignedBy({ text, signatures: [log.lineOn(text), ...forged.signatures] }, [log.key])).toBe(
      'forged',
    );
  });

  it('of another form is none', () => {
    const note = writeSignedNote({ text, signatures: [log.lineOn(text)] });
    for (const bad of [
      '',
      text,
      `${text}\n`,
      note.slice(0, -1),
      note.replace('\u2014', '-'),
      note.replace('70000', '70000\u0007'),
      note.replace(/ \S+\n$/, ' AAAA\n'),
      note.replace(/ \S+\n$/, ' not+base64!\n'),
      `${note}\n`,
      'x'.repeat(100_001),
    ])
      expect([bad.slice(0, 80), readSignedNote(bad)]).toEqual([bad.slice(0, 80), undefined]);
  });

  it('any byte of which is changed is not signed', () => {
    const note = Buffer.from(writeSignedNote({ text, signatures: [log.lineOn(text)] }));
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ bits;
        const read = readSignedNote(changed.toString('utf8'));
        if (read) expect(isSignedBy(read, [log.key])).not.toBe('signed');
      }),
    );
  });
});

describe('a key line', () => {
  it('gives back name, id and key', () => {
    const split = splitNoteKey(`${writeNoteKey(log.key.name, log.key.publicKey)}\n`);
    expect(split).toMatchObject({ name: log.key.name, keyId: log.key.keyId });
    const publicKey = createPublicKey({ key: split?.der ?? Buffer.alloc(0), format: 'der', type: 'spki' });
    expect(publicKey.equals(log.key.publicKey)).toBe(true);
    for (const bad of ['', 'a+b+c', 'name+00000000+AQAA', 'na me+00000000+AgAA'])
      expect([bad, splitNoteKey(bad)]).toEqual([bad, undefined]);
  });
});

describe('a checkpoint', () => {
  it('is read back, extensions passed over', () => {
    const head = { origin: 'log.example/audit', size: 3, root: emptyRoot };
    expect(readCheckpoint(writeCheckpoint(head))).toEqual(head);
    expect(readCheckpoint(`${writeCheckpoint(head)}extension\n`)).toEqual(head);
  });

  it.each([
    ['no size', 'origin\n\nAAAA\n'],
    ['a padded size', `origin\n01\n${emptyRoot.toString('base64')}\n`],
    ['a negative size', `origin\n-1\n${emptyRoot.toString('base64')}\n`],
    ['a size past all counting', `origin\n9999999999999999\n${emptyRoot.toString('base64')}\n`],
    ['a short root', 'origin\n1\nAAAA\n'],
    ['no origin', `\n1\n${emptyRoot.toString('base64')}\n`],
  ])('with %s is none', (_, bad) => {
    expect(readCheckpoint(bad)).toBeUndefined();
  });
});
