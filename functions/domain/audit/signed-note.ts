import { isGoodSignature, kindOfKey, type NoteKey, type NoteKeyKind } from './note-key.ts';

/** A signature line: who signed, with which key, and what (C2SP signed-note). */
export interface NoteSignature {
  readonly name: string;
  /** Four bytes. */
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

/** A text and who signed it. */
export interface SignedNote {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The note as it is stored. */
export function writeSignedNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(
    ({ name, keyId, signature }) =>
      `\u2014 ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`,
  );
  return `${text}\n${lines.join('')}`;
}

/** Most bytes of a note: sixteen signatures of any kind fit. */
const longestNote = 100_000;

/** Reads a note; undefined when it has not the form of one. It says nothing about whether a signature is good. */
export function readSignedNote(note: string): SignedNote | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
  if (note.length > longestNote || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return undefined;
  const end = note.lastIndexOf('\n\n');
  if (end <= 0 || !note.endsWith('\n')) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, encoded] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const bytes = Buffer.from(encoded ?? '', 'base64');
    if (!name || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
    signatures.push({ name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) });
  }
  return { text: note.slice(0, end + 1), signatures };
}

/** What the signature lines of a note are worth to who has pinned keys. */
export type NoteVerdict =
  | { readonly is: 'signed' | 'unknown-keys' }
  /** A line of this key is not of this text. */
  | { readonly is: 'forged'; readonly key: NoteKey }
  /** Keys of this kind are pinned, and none of them has signed. */
  | { readonly is: 'unsigned'; readonly kind: NoteKeyKind; readonly keys: readonly NoteKey[] };

/**
 * Whether the pinned keys signed the note: of each kind of key that is pinned, one must have, so that who breaks one kind cannot
 * leave the other out. Of two keys of one kind either will do, so that a key can be exchanged while both are pinned. Lines of
 * unknown keys say nothing; a bad line of a known one spoils the note.
 */
export function judgeSignatures(note: SignedNote, keys: readonly NoteKey[]): NoteVerdict {
  const signed = new Set<NoteKeyKind>();
  for (const { name, keyId, signature } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.keyId.equals(keyId));
    if (!key) continue;
    if (!isGoodSignature(key, note.text, signature)) return { is: 'forged', key };
    signed.add(kindOfKey(key.publicKey));
  }
  if (signed.size === 0) return { is: 'unknown-keys' };
  const kind = keys.map(({ publicKey }) => kindOfKey(publicKey)).find((one) => !signed.has(one));
  if (!kind) return { is: 'signed' };
  return { is: 'unsigned', kind, keys: keys.filter(({ publicKey }) => kindOfKey(publicKey) === kind) };
}
