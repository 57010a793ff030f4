import { type ActionName, actionNames, runAction, validateParameters } from './actions.ts';
import type { RequestData } from './dynalite.ts';
import { ServiceError } from './errors.ts';
import { readRange } from './reads.ts';
import type { RequestTokens } from './request-tokens.ts';
import { writeBatch, writeItem } from './single-writes.ts';
import { type AdminParts, changeSettings, forgetTable } from './table-admin.ts';
import { describeTimeToLive, updateTimeToLive } from './time-to-live.ts';
import { readTransaction, writeTransaction } from './transactions.ts';

/** Everything that requests are answered with. */
export type DispatchParts = AdminParts & { tokens: RequestTokens };

type Handler = (request: RequestData, parts: DispatchParts) => Promise<RequestData> | RequestData;

const ownHandlers: Record<string, Handler> = {
  PutItem: (request, parts) => writeItem('PutItem', request, parts),
  UpdateItem: (request, parts) => writeItem('UpdateItem', request, parts),
  DeleteItem: (request, parts) => writeItem('DeleteItem', request, parts),
  BatchWriteItem: writeBatch,
  Query: (request, parts) => readRange('Query', request, parts),
  Scan: (request, parts) => readRange('Scan', request, parts),
  TransactWriteItems: writeTransaction,
  TransactGetItems: readTransaction,
  DescribeTimeToLive: describeTimeToLive,
  UpdateTimeToLive: updateTimeToLive,
  CreateTable: createTable,
  DeleteTable: deleteTable,
};

const handlers = new Map<string, Handler>([
  ...actionNames.map((name): [string, Handler] => [
    name,
    (request, parts) => runDynalite(name, request, parts),
  ]),
  ...Object.entries(ownHandlers),
]);

/** Answers one request of the DynamoDB API; throws a ServiceError for every answer but success. */
export async function dispatch(
  target: string,
  request: RequestData,
  parts: DispatchParts,
): Promise<RequestData> {
  const [api, name = ''] = target.split('.');
  const handler = api === 'DynamoDB_20120810' ? handlers.get(name) : undefined;
  if (!handler) {
    const message = `The local engine does not support the operation ${name || target || '(none)'}`;
    throw new ServiceError(400, 'com.amazon.coral.service#UnknownOperationException', message);
  }
  return handler(request, parts);
}

function runDynalite(name: ActionName, request: RequestData, { store }: DispatchParts): Promise<RequestData> {
  return runAction(name, store, validateParameters(name, request, store));
}

async function createTable(request: RequestData, parts: DispatchParts): Promise<RequestData> {
  const { StreamSpecification: specification, ...parameters } = request;
  const answer = await runDynalite('CreateTable', parameters, parts);
  const stream = (specification as { StreamEnabled?: boolean } | undefined)?.StreamEnabled === true;
  await changeSettings(String(parameters.TableName), { stream }, parts);
  return answer;
}

async function deleteTable(request: RequestData, parts: DispatchParts): Promise<RequestData> {
  const answer = await runDynalite('DeleteTable', request, parts);
  await forgetTable(String(request.TableName), parts);
  return answer;
}
