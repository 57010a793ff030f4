import { openOperation } from '../edge/http-operation.ts';
import { openApiDocument } from './openapi-document.ts';

export const handler = openOperation('get-openapi', async (baseUrl) => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: openApiDocument(baseUrl),
}));
