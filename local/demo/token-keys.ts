import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import * as z from 'zod';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
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

/** A private key (a JSON Web Key) of this machine's own demo region: of its users' tokens, or of a demo client. */
export type SigningKey = z.infer<typeof signingKeySchema>;

/** The file of the data folder that holds the key; whoever can read it can be anybody in that demo region. */
export const keysFileName = 'keys.json';

/** The file of the data folder that holds the private key of a demo client. */
export function clientKeyFileName(clientId: string): string {
  return `client-${clientId}.json`;
}

/** The key of a data folder, made at first use; the file is readable by its owner alone. */
export async function openSigningKey(dataDir: string, fileName = keysFileName): Promise<SigningKey> {
  const file = path.join(dataDir, fileName);
  const held = await readSigningKey(dataDir, fileName);
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
  const opened = await readSigningKey(dataDir, fileName);
  if (!opened) throw new Error(`${file} vanished while it was made`);
  return opened;
}

/** The key of a data folder; undefined when it has none. Throws when the file is not what {@link openSigningKey} wrote. */
export async function readSigningKey(
  dataDir: string,
  fileName = keysFileName,
): Promise<SigningKey | undefined> {
  const file = path.join(dataDir, fileName);
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

/** The public half as a JSON Web Key Set. */
export function publicKeySet({ kty, crv, alg, kid, x, y }: SigningKey) {
  return { keys: [{ kty, crv, alg, kid, x, y, use: 'sig' }] };
}

/** The stack's parameters that let a region take demo users' tokens and demo clients' assertions; makes missing keys. */
export async function keyParameters(
  dataDir: string,
  { clients }: Pick<RegionPolicy, 'clients'>,
): Promise<{ readonly TokenJwks: string; readonly ClientJwks: string }> {
  const ofClients: Record<string, ReturnType<typeof publicKeySet>> = {};
  for (const { id, keys } of clients)
    if (!keys) ofClients[id] = publicKeySet(await openSigningKey(dataDir, clientKeyFileName(id)));
  return {
    TokenJwks: JSON.stringify(publicKeySet(await openSigningKey(dataDir))),
    ClientJwks: JSON.stringify(ofClients),
  };
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
