import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import * as z from 'zod';
import { makeFolder } from '../cli/make-folder.ts';

const signingKeySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-384'),
  alg: z.literal('ES384'),
  kid: z.string().min(1),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

const keysSchema = z.object({ signingKey: signingKeySchema });

/** The private key (a JSON Web Key) with which this machine issues tokens for its own demo region. */
export type SigningKey = z.infer<typeof signingKeySchema>;

/** The file of the data folder that holds the key; whoever can read it can be anybody in that demo region. */
export const keysFileName = 'keys.json';

/** The key of a data folder, made at first use; the file is readable by its owner alone. */
export async function openSigningKey(dataDir: string): Promise<SigningKey> {
  const file = path.join(dataDir, keysFileName);
  const held = await readSigningKey(dataDir);
  if (held) return held;
  const { privateKey } = await generateKeyPair('ES384', { extractable: true });
  const signingKey = { ...(await exportJWK(privateKey)), alg: 'ES384', kid: randomUUID() };
  await makeFolder(dataDir);
  const partial = `${file}.${randomUUID()}.partial`;
  await writeFile(partial, `${JSON.stringify({ signingKey })}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // A link fails where the name is taken: of two processes at once one key wins, and both use it.
    await link(partial, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(partial, { force: true });
  }
  const opened = await readSigningKey(dataDir);
  if (!opened) throw new Error(`${file} vanished while it was made`);
  return opened;
}

/** The key of a data folder; undefined when it has none. Throws when the file is not what {@link openSigningKey} wrote. */
export async function readSigningKey(dataDir: string): Promise<SigningKey | undefined> {
  const file = path.join(dataDir, keysFileName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const parsed = keysSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new Error(`${file} is damaged: remove it, and a new key is made at the next start`);
  return parsed.data.signingKey;
}

/** The public half as a JSON Web Key Set in JSON: the value of the stack's parameter `TokenJwks`. */
export function publicKeySet({ kty, crv, alg, kid, x, y }: SigningKey): string {
  return JSON.stringify({ keys: [{ kty, crv, alg, kid, x, y, use: 'sig' }] });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
