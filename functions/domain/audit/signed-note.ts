import { hash as digest, type KeyObject, verify } from 'node:crypto';

/** The signature type of C2SP signed-note for ECDSA over the note's text; its key id is of the public key alone. */
const ecdsaType = 2;

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

/** A public key that was pinned, with the name under which it signs. */
export interface NoteKey {
  readonly name: string;
  readonly keyId: Buffer;
  readonly publicKey: KeyObject;
}

/** The key id of an ECDSA key: the first four bytes of the SHA-256 of its public key (DER, SPKI). */
export function ecdsaKeyId(publicKey: KeyObject): Buffer {
  return digest('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'buffer').subarray(0, 4);
}

/** The key as one line, `<name>+<key id>+<type and public key>`, as verifiers take it. */
export function writeNoteKey(name: string, publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const key = Buffer.concat([Buffer.from([ecdsaType]), der]).toString('base64');
  return `${name}+${ecdsaKeyId(publicKey).toString('hex')}+${key}`;
}

/** The parts of a key line; undefined for any other text, or another kind of key. The caller makes the key object. */
export function splitNoteKey(line: string): { name: string; keyId: Buffer; der: Buffer } | undefined {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(line.trim()) ?? [];
  if (!name || !id || !encoded) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes[0] === ecdsaType ? { name, keyId: Buffer.from(id, 'hex'), der: bytes.subarray(1) } : undefined;
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

/** Whether a pinned key signed the note: lines of unknown keys say nothing, a bad line of a known one spoils the note. */
export function isSignedBy(note: SignedNote, keys: readonly NoteKey[]): 'signed' | 'unknown-keys' | 'forged' {
  let found: 'signed' | 'unknown-keys' = 'unknown-keys';
  for (const { name, keyId, signature } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.keyId.equals(keyId));
    if (!key) continue;
    if (!verify('sha256', Buffer.from(note.text), key.publicKey, signature)) return 'forged';
    found = 'signed';
  }
  return found;
}
