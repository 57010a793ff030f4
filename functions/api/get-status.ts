import { requireVariable } from '../edge/env.ts';
import { openOperation } from '../edge/http-operation.ts';
import { documentClient } from '../edge/region.ts';
import { isReadable } from '../store/status.ts';

const client = documentClient();

export const handler = openOperation('get-status', async () => {
  const readable = await isReadable(client, requireVariable('RECORD_TABLE'));
  return {
    status: readable ? 200 : 503,
    headers: { 'Content-Type': 'application/json' },
    body: { status: readable ? 'pass' : 'fail', checks: { store: readable ? 'pass' : 'fail' } },
  };
});
