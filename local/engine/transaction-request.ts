import { createHash } from 'node:crypto';
import { refuseUnknown, validateParameters } from './actions.ts';
import type { DynaliteStore, RequestData } from './dynalite.ts';
import { type ServiceError, validationError } from './errors.ts';
import { readsOldOnFailure } from './single-writes.ts';

const MAX_ITEMS = 100;
const MAX_TOKEN_LENGTH = 36;

/** What one element of a transaction does. */
export type TransactionVerb = 'Put' | 'Update' | 'Delete' | 'ConditionCheck';

/** One checked element of a TransactWriteItems request. */
export interface TransactionWrite {
  verb: TransactionVerb;
  /** Normalised as for the single action of the same kind. */
  data: RequestData;
  returnsOld: boolean;
}

const conditionParameters = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
];

// A ConditionCheck has the parameters of a Delete; only its condition is not optional.
const verbs = {
  Put: { action: 'PutItem', parameters: [...conditionParameters, 'Item'], required: [] },
  Update: {
    action: 'UpdateItem',
    parameters: [...conditionParameters, 'Key', 'UpdateExpression'],
    required: ['UpdateExpression'],
  },
  Delete: { action: 'DeleteItem', parameters: [...conditionParameters, 'Key'], required: [] },
  ConditionCheck: {
    action: 'DeleteItem',
    parameters: [...conditionParameters, 'Key'],
    required: ['ConditionExpression'],
  },
} as const satisfies Record<TransactionVerb, unknown>;

/** Checks the outside of a transaction request and returns its elements; throws a ValidationException. */
export function readTransactItems(request: RequestData, known: readonly string[]): RequestData[] {
  refuseUnknown(request, ['TransactItems', 'ReturnConsumedCapacity', ...known]);
  const { TransactItems: items } = request;
  if (items === undefined || items === null)
    throw constraintError('null', 'transactItems', 'Member must not be null');
  if (!Array.isArray(items) || !items.every(isStructure)) {
    throw validationError('TransactItems must be a list of structures');
  }
  if (items.length === 0)
    throw constraintError('[]', 'transactItems', 'Member must have length greater than or equal to 1');
  if (items.length > MAX_ITEMS) {
    throw constraintError(
      '[...]',
      'transactItems',
      `Member must have length less than or equal to ${MAX_ITEMS}`,
    );
  }
  requireOneOf(request, 'ReturnConsumedCapacity', ['INDEXES', 'TOTAL', 'NONE']);
  return items;
}

/** Checks a TransactWriteItems request and returns its elements in order; throws a ServiceError. */
export function readTransactionWrites(request: RequestData, store: DynaliteStore): TransactionWrite[] {
  const items = readTransactItems(request, ['ClientRequestToken', 'ReturnItemCollectionMetrics']);
  requireOneOf(request, 'ReturnItemCollectionMetrics', ['SIZE', 'NONE']);
  const { ClientRequestToken: token } = request;
  if (
    token !== undefined &&
    (typeof token !== 'string' || token.length < 1 || token.length > MAX_TOKEN_LENGTH)
  ) {
    throw constraintError(
      token,
      'clientRequestToken',
      `Member must have length between 1 and ${MAX_TOKEN_LENGTH}`,
    );
  }
  return items.map((item) => readTransactionWrite(item, store));
}

/** A digest of what a transaction does, whatever the order of the names in its JSON. */
export function digestRequest(request: RequestData): string {
  return createHash('sha256').update(canonicalise(request.TransactItems)).digest('base64');
}

function readTransactionWrite(item: RequestData, store: DynaliteStore): TransactionWrite {
  refuseUnknown(item, Object.keys(verbs), 'TransactItems');
  const chosen = (Object.keys(verbs) as TransactionVerb[]).filter((verb) => item[verb] !== undefined);
  const [verb] = chosen;
  if (!verb || chosen.length > 1) {
    throw validationError('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  const parameters = item[verb];
  if (!isStructure(parameters)) throw validationError(`${verb} must be a structure`);
  const { action, parameters: known, required } = verbs[verb];
  refuseUnknown(parameters, known, `TransactItems.${verb}`);
  for (const name of required) {
    if (parameters[name] === undefined)
      throw constraintError('null', `transactItems.${verb}.${name}`, 'Member must not be null');
  }
  const { ReturnValuesOnConditionCheckFailure: onFailure, ...rest } = parameters;
  return { verb, returnsOld: readsOldOnFailure(onFailure), data: validateParameters(action, rest, store) };
}

function requireOneOf(request: RequestData, name: string, allowed: readonly string[]): void {
  const value = request[name];
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return;
  const path = name.charAt(0).toLowerCase() + name.slice(1);
  throw constraintError(value, path, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
}

function constraintError(value: unknown, path: string, rule: string): ServiceError {
  return validationError(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${rule}`,
  );
}

function isStructure(value: unknown): value is RequestData {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function canonicalise(value: unknown): string {
  return JSON.stringify(value, (_name, part) =>
    isStructure(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
