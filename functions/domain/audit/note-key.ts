import { createPublicKey, hash as digest, type KeyObject, verify } from 'node:crypto';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';

/** The kinds of key that sign a head: ECDSA over the note's text, and ML-DSA-44, which a quantum computer does not break. */
export type NoteKeyKind = 'ECDSA' | 'ML-DSA-44';

/** A public key that was pinned, with the name under which it signs. */
export interface NoteKey {
  readonly name: string;
  /** Four bytes. */
  readonly keyId: Buffer;
  /** DER, SPKI. */
  readonly publicKey: Buffer;
}

/** The signature types of C2SP signed-note: the first byte of a key in its line. */
const signatureTypes = { ECDSA: 0x02, 'ML-DSA-44': 0x06 } as const;

/** What stands before the 1,312 bytes of an ML-DSA-44 key in its SPKI (RFC 9881); it has no parameters, so it is always this. */
const mlDsaPrefix = Buffer.from('30820532300b06096086480165030403110382052100', 'hex');
const mlDsaKeyLength = 1312;

/** Which kind of key it is, from its bytes alone: the runtime that publishes a head need not know ML-DSA. */
export function kindOfKey(publicKey: Buffer): NoteKeyKind {
  const isMlDsa =
    publicKey.length === mlDsaPrefix.length + mlDsaKeyLength &&
    publicKey.subarray(0, mlDsaPrefix.length).equals(mlDsaPrefix);
  return isMlDsa ? 'ML-DSA-44' : 'ECDSA';
}

/**
 * The key's id, four bytes. For ECDSA they are the first of the SHA-256 of the key (signed-note); for ML-DSA-44 of the SHA-256 of
 * name, newline, type and the key's 1,312 bytes (tlog-cosignature).
 */
export function noteKeyId(name: string, publicKey: Buffer): Buffer {
  const material = typedKey(publicKey);
  const hashed =
    kindOfKey(publicKey) === 'ECDSA' ? publicKey : Buffer.concat([Buffer.from(`${name}\n`), material]);
  return digest('sha256', hashed, 'buffer').subarray(0, 4);
}

/** The key's type, and the key as its type has it: ECDSA's whole SPKI, ML-DSA-44's bare 1,312 bytes. */
function typedKey(publicKey: Buffer): Buffer {
  const kind = kindOfKey(publicKey);
  const bytes = kind === 'ECDSA' ? publicKey : publicKey.subarray(mlDsaPrefix.length);
  return Buffer.concat([Buffer.from([signatureTypes[kind]]), bytes]);
}

/** The key as one line, `<name>+<key id>+<type and public key>`, as verifiers take it. */
export function writeNoteKey(name: string, publicKey: Buffer): string {
  return `${name}+${noteKeyId(name, publicKey).toString('hex')}+${typedKey(publicKey).toString('base64')}`;
}

/** Reads a key line; undefined for any other text, another kind of key, and a line whose id is not of its key. */
export function readNoteKey(line: string): NoteKey | undefined {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(line.trim()) ?? [];
  if (!name || !id || !encoded) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const rest = bytes.subarray(1);
  const given =
    bytes[0] === signatureTypes.ECDSA
      ? rest
      : bytes[0] === signatureTypes['ML-DSA-44']
        ? Buffer.concat([mlDsaPrefix, rest])
        : undefined;
  const key = given && pinnedKey(name, given);
  return key && typedKey(key.publicKey).equals(bytes) && key.keyId.toString('hex') === id ? key : undefined;
}

/** The key that signs under a name; undefined when the bytes (DER, SPKI) are no key that could sign a head. */
export function pinnedKey(name: string, publicKey: Buffer): NoteKey | undefined {
  const isKey = kindOfKey(publicKey) === 'ML-DSA-44' || parseKey(publicKey)?.asymmetricKeyType === 'ec';
  return isKey ? { name, keyId: noteKeyId(name, publicKey), publicKey } : undefined;
}

function parseKey(publicKey: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/**
 * No statement when the head was signed (tlog-cosignature allows zero): of two sequencers the slower one may sign a head when
 * the next is out already. The heartbeats in the log say how late it is.
 */
const untimed = Buffer.alloc(8);

/** What a key of the kind signs of a checkpoint's text; undefined when the kind signs checkpoints only, and the text is none. */
function messageOf(
  name: string,
  kind: NoteKeyKind,
  text: string,
  timestamp: Buffer = untimed,
): Buffer | undefined {
  if (kind === 'ECDSA') return Buffer.from(text);
  const checkpoint = readCheckpoint(text);
  return checkpoint && cosignedMessage(name, checkpoint, timestamp);
}

/** The `cosigned_message` of tlog-cosignature for a whole tree. It holds no extension lines; a head has none. */
function cosignedMessage(
  name: string,
  { origin, root, size }: Checkpoint,
  timestamp: Buffer,
): Buffer | undefined {
  const names = [name, origin].map((one) => Buffer.from(one));
  if (names.some(({ length }) => length > 255)) return undefined;
  const [cosigner = untimed, log = untimed] = names.map((one) =>
    Buffer.concat([Buffer.from([one.length]), one]),
  );
  const range = Buffer.alloc(16);
  range.writeBigUInt64BE(BigInt(size), 8);
  return Buffer.concat([Buffer.from('subtree/v1\n\0'), cosigner, timestamp, log, range, root]);
}

/** Signs a checkpoint's text by `sign`, which is given the message that a key of this kind signs; returns the line's signature. */
export async function signText(
  name: string,
  publicKey: Buffer,
  text: string,
  sign: (message: Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  const kind = kindOfKey(publicKey);
  const message = messageOf(name, kind, text);
  if (!message) throw new Error('a key of this kind signs checkpoints only, of an origin up to 255 bytes');
  const signature = await sign(message);
  return kind === 'ECDSA' ? signature : Buffer.concat([untimed, signature]);
}

/** Whether a signature is of the text and the key. Throws where Node itself knows no ML-DSA. */
export function isGoodSignature({ name, publicKey }: NoteKey, text: string, signature: Buffer): boolean {
  const kind = kindOfKey(publicKey);
  const key = parseKey(publicKey);
  if (!key) throw new Error('this Node cannot verify ML-DSA-44: take Node 24.6 or later');
  if (kind === 'ECDSA') return verify('sha256', Buffer.from(text), key, signature);
  const timestamp = signature.subarray(0, 8);
  const message = messageOf(name, kind, text, timestamp);
  // A timestamp of 2^63 and more is not one.
  if (!message || signature.length <= 8 || (timestamp[0] ?? 0) > 0x7f) return false;
  return verify(null, message, key, signature.subarray(8));
}
