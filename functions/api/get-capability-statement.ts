import { openOperation } from '../edge/http-operation.ts';
import { loadPolicy } from '../edge/policy.ts';
import { capabilityStatement } from './capability-statement.ts';

export const handler = openOperation('get-capability-statement', async (baseUrl) => ({
  status: 200,
  body: capabilityStatement(loadPolicy().name, baseUrl),
}));
