import { openOperation } from '../edge/http-operation.ts';
import { tokenPublicKey } from '../edge/signing-key.ts';

export const handler = openOperation('get-token-keys', async () => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: { keys: [await tokenPublicKey()] },
}));
