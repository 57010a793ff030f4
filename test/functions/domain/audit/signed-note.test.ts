import { hash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../../../functions/domain/audit/checkpoint.ts';
import { emptyRoot } from '../../../../functions/domain/audit/merkle.ts';
import {
  type NoteKey,
  type NoteKeyKind,
  pinnedKey,
  readNoteKey,
  signText,
  writeNoteKey,
} from '../../../../functions/domain/audit/note-key.ts';
import {
  judgeSignatures,
  type NoteSignature,
  readSignedNote,
  writeSignedNote,
} from '../../../../functions/domain/audit/signed-note.ts';
import { makeLogKey } from '../../../support/log-world.ts';

const origin = 'log.example/audit';

function makeSigner(name = origin, kind: NoteKeyKind = 'ECDSA') {
  const { key, signer } = makeLogKey(name, kind);
  const lineOn = async (signed: string): Promise<NoteSignature> => ({
    name,
    keyId: key.keyId,
    signature: await signText(name, key.publicKey, signed, (message) => signer.sign(message)),
  });
  return { key, signer, lineOn };
}

/** The verdict in a word. */
const judge = (signatures: readonly NoteSignature[], keys: readonly NoteKey[], of = text) =>
  judgeSignatures({ text: of, signatures }, keys).is;

const text = writeCheckpoint({ origin: 'log.example/audit', size: 70_000, root: emptyRoot });
const log = makeSigner();
const other = makeSigner('witness.example/w1');
const second = makeSigner(origin, 'ML-DSA-44');
let line: NoteSignature;
let otherLine: NoteSignature;
let secondLine: NoteSignature;
beforeAll(async () => {
  [line, otherLine, secondLine] = await Promise.all([
    log.lineOn(text),
    other.lineOn(text),
    second.lineOn(text),
  ]);
});

describe('a signed note', () => {
  it('is read back as it was written, and its signature is good', () => {
    const read = readSignedNote(writeSignedNote({ text, signatures: [line, otherLine, secondLine] }));
    expect(read).toEqual({ text, signatures: [line, otherLine, secondLine] });
    for (const { key } of [log, other, second]) expect(judge(read?.signatures ?? [], [key])).toBe('signed');
  });

  it('with signatures of unknown keys only is not trusted; they spoil nothing beside a known one', async () => {
    expect(judge([otherLine], [log.key])).toBe('unknown-keys');
    expect(judge([{ ...otherLine, name: log.key.name }, line], [log.key])).toBe('signed');
    expect(judge([{ ...line, name: 'another.example' }], [log.key])).toBe('unknown-keys');
  });

  it('with a line of the known key that does not verify is forged', async () => {
    const forged = await log.lineOn(`${text}more\n`);
    expect(judge([forged], [log.key])).toBe('forged');
    expect(judge([line, forged], [log.key])).toBe('forged');
  });

  it('of another form is none', () => {
    const note = writeSignedNote({ text, signatures: [line] });
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

  it.each(['ECDSA', 'ML-DSA-44'] as const)('any byte of which is changed is not signed, by %s', (kind) => {
    const [signature, { key }] = kind === 'ECDSA' ? [line, log] : [secondLine, second];
    const note = Buffer.from(writeSignedNote({ text, signatures: [signature] }));
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ bits;
        const read = readSignedNote(changed.toString('utf8'));
        if (read) expect(judge(read.signatures, [key], read.text)).not.toBe('signed');
      }),
    );
  });
});

describe('a head with an ECDSA and an ML-DSA-44 line', () => {
  const both = [log.key, second.key];

  it('is signed for who pinned both keys, either, or knows of ECDSA alone', () => {
    for (const keys of [both, [log.key], [second.key]])
      expect(judge([line, secondLine], keys)).toBe('signed');
  });

  it.each<[string, () => NoteSignature[], string, string, string]>([
    // what was done, the lines, and the verdict with both keys, ECDSA, ML-DSA pinned
    ['no ML-DSA line', () => [line], 'unsigned', 'signed', 'unknown-keys'],
    ['no ECDSA line', () => [secondLine], 'unsigned', 'unknown-keys', 'signed'],
    ['an ML-DSA line of another key', () => [line, strangerLine], 'unsigned', 'signed', 'unknown-keys'],
    ['an ML-DSA line of another head', () => [line, elsewhere], 'forged', 'signed', 'forged'],
    [
      'an ML-DSA line under another name',
      () => [line, { ...secondLine, name: 'w.example' }],
      'unsigned',
      'signed',
      'unknown-keys',
    ],
    [
      'an ECDSA signature with one bit wrong',
      () => [flipped(line), secondLine],
      'forged',
      'forged',
      'signed',
    ],
    [
      'an ML-DSA signature with one bit wrong',
      () => [line, flipped(secondLine)],
      'forged',
      'signed',
      'forged',
    ],
    [
      'an ML-DSA line with another time than it signed',
      () => [line, flipped(secondLine, 7)],
      'forged',
      'signed',
      'forged',
    ],
    [
      'an ML-DSA line cut to its time',
      () => [line, { ...secondLine, signature: secondLine.signature.subarray(0, 8) }],
      'forged',
      'signed',
      'forged',
    ],
    [
      'the signatures swapped between the lines',
      () => [
        { ...line, signature: secondLine.signature },
        { ...secondLine, signature: line.signature },
      ],
      'forged',
      'forged',
      'forged',
    ],
  ])('%s is caught by who pinned the key', (_, lines, withBoth, withEcdsa, withMlDsa) => {
    expect([judge(lines(), both), judge(lines(), [log.key]), judge(lines(), [second.key])]).toEqual([
      withBoth,
      withEcdsa,
      withMlDsa,
    ]);
  });

  it('names the key of the kind that has not signed, or whose line is wrong', () => {
    expect(judgeSignatures({ text, signatures: [line] }, both)).toEqual({
      is: 'unsigned',
      kind: 'ML-DSA-44',
      keys: [second.key],
    });
    expect(judgeSignatures({ text, signatures: [line, flipped(secondLine)] }, both)).toEqual({
      is: 'forged',
      key: second.key,
    });
  });

  it('asks for one of two keys of a kind while a key is exchanged, whichever it is', async () => {
    const [newEcdsa, newMlDsa] = [makeSigner(), makeSigner(origin, 'ML-DSA-44')];
    const overlap = [...both, newEcdsa.key, newMlDsa.key];
    const newLines = [await newEcdsa.lineOn(text), await newMlDsa.lineOn(text)];
    expect(judge([line, secondLine], overlap)).toBe('signed');
    expect(judge([line, newLines[1] as NoteSignature], overlap)).toBe('signed');
    expect(judge(newLines, overlap)).toBe('signed');
    expect(judge(newLines, both)).toBe('unknown-keys');
  });

  let strangerLine: NoteSignature;
  let elsewhere: NoteSignature;
  beforeAll(async () => {
    strangerLine = await makeSigner(origin, 'ML-DSA-44').lineOn(text);
    elsewhere = await second.lineOn(text.replace('70000', '70001'));
  });
  const flipped = (one: NoteSignature, at = one.signature.length - 9): NoteSignature => {
    const signature = Buffer.from(one.signature);
    signature[at] = (signature[at] ?? 0) ^ 1;
    return { ...one, signature };
  };
});

describe('an ML-DSA-44 line', () => {
  it('is of the structure that tlog-cosignature gives, byte for byte, untimed', async () => {
    const messages: Buffer[] = [];
    const signature = await signText('log.example/audit', second.key.publicKey, text, (message) => {
      messages.push(message);
      return Promise.resolve(Buffer.alloc(2_420, 7));
    });
    const name = `\u0011${origin}`;
    expect(messages.map((one) => one.toString('hex'))).toEqual([
      Buffer.concat([
        Buffer.from(`subtree/v1\n\0${name}`),
        Buffer.alloc(8),
        Buffer.from(name),
        Buffer.alloc(8),
        Buffer.from('0000000000011170', 'hex'),
        emptyRoot,
      ]).toString('hex'),
    ]);
    expect(signature).toEqual(Buffer.concat([Buffer.alloc(8), Buffer.alloc(2_420, 7)]));
  });

  it('of another cosigner may be timed: the time that it names is the one it signed, below 2^63', async () => {
    const at = Buffer.from('000000006920c8f0', 'hex');
    const timed = async (time: Buffer) => {
      const [head, rest] = [Buffer.from(`subtree/v1\n\0\u0011${origin}`), Buffer.from(`\u0011${origin}`)];
      const end = Buffer.from('00000000000000000000000000011170', 'hex');
      const signature = await second.signer.sign(Buffer.concat([head, time, rest, end, emptyRoot]));
      return { ...secondLine, signature: Buffer.concat([time, signature]) };
    };
    expect(judge([await timed(at)], [second.key])).toBe('signed');
    expect(judge([await timed(Buffer.alloc(8, 0xff))], [second.key])).toBe('forged');
  });

  it('is of a checkpoint, never of any other text', async () => {
    await expect(second.lineOn('any text\n')).rejects.toThrow('signs checkpoints only');
    expect(judge([secondLine], [second.key], 'any text\n')).toBe('forged');
  });
});

describe('a key line', () => {
  it.each([
    ['ECDSA', log.key],
    ['ML-DSA-44', second.key],
  ])('gives back name, id and key: %s', (_, key) => {
    expect(readNoteKey(`${writeNoteKey(key.name, key.publicKey)}\n`)).toEqual(key);
    expect(pinnedKey(key.name, key.publicKey)).toEqual(key);
  });

  it('has the type and the id that the specifications give', () => {
    const [name, id, encoded] = writeNoteKey(origin, second.key.publicKey)
      .split('+', 2)
      .concat(writeNoteKey(origin, second.key.publicKey).replace(/^[^+]*\+[^+]*\+/, ''));
    const bare = second.key.publicKey.subarray(-1_312);
    const typed = Buffer.concat([Buffer.from([6]), bare]);
    expect(encoded).toBe(typed.toString('base64'));
    expect(id).toBe(hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed])).slice(0, 8));
    expect(log.key.keyId.toString('hex')).toBe(hash('sha256', log.key.publicKey).slice(0, 8));
  });

  it('of another form, type or id is none', () => {
    const good = writeNoteKey(origin, second.key.publicKey);
    const cut = Buffer.concat([Buffer.from([6]), second.key.publicKey.subarray(-1_311)]).toString('base64');
    for (const bad of [
      '',
      'a+b+c',
      'name+00000000+AQAA',
      'na me+00000000+AgAA',
      'name+00000000+BgAA',
      good.replace(/\+[0-9a-f]{8}\+/, '+00000000+'),
      good.replace(origin, 'log.example/other'),
      `${good.slice(0, origin.length + 10)}${cut}`,
    ])
      expect([bad, readNoteKey(bad)]).toEqual([bad, undefined]);
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
