import {
  type Action,
  type DynaliteStore,
  dynaliteValidations,
  loadAction,
  type RequestData,
} from './dynalite.ts';
import { validationError } from './errors.ts';
import { settleExpressions } from './expression-rules.ts';

const dataActions = [
  'BatchGetItem',
  'BatchWriteItem',
  'DeleteItem',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
] as const;

const tableActions = [
  'CreateTable',
  'DeleteTable',
  'DescribeTable',
  'ListTables',
  'ListTagsOfResource',
  'TagResource',
  'UntagResource',
  'UpdateTable',
] as const;

/** The name of an action that dynalite runs. */
export type ActionName = (typeof dataActions)[number] | (typeof tableActions)[number];

/** Every action that dynalite runs. */
export const actionNames: readonly ActionName[] = [...dataActions, ...tableActions];

const isDataAction = new Set<string>(dataActions);

const actions = new Map(
  actionNames.map((name) => [name, loadAction(name.charAt(0).toLowerCase() + name.slice(1))] as const),
);

function requireAction(name: ActionName) {
  const action = actions.get(name);
  if (!action) throw new Error(`dynalite has no action ${name}`);
  return action;
}

/**
 * Checks and normalises parameters by dynalite's rules. dynalite drops a parameter it does not know; here one that
 * could change what is read or written is refused. Throws a ServiceError.
 */
export function validateParameters(name: ActionName, data: RequestData, store: DynaliteStore): RequestData {
  const { types, custom } = requireAction(name).validation;
  if (isDataAction.has(name)) refuseUnknown(data, Object.keys(types));
  const checked = dynaliteValidations.checkTypes({ ...data }, types);
  dynaliteValidations.checkValidations(checked, types, custom, store);
  settleExpressions(checked);
  return checked;
}

/** Refuses parameters outside the list; throws a ValidationException that names them. */
export function refuseUnknown(data: RequestData, known: readonly string[], where = 'the request'): void {
  const unknown = Object.keys(data).filter((name) => data[name] !== undefined && !known.includes(name));
  if (unknown.length > 0) {
    throw validationError(
      `The local engine does not support these parameters of ${where}: ${unknown.join(', ')}`,
    );
  }
}

/** Runs an action on a store with validated parameters; rejects with dynalite's error. */
export function runAction(name: ActionName, store: DynaliteStore, data: RequestData): Promise<RequestData> {
  return callAction(requireAction(name).run, store, data);
}

function callAction(run: Action, store: DynaliteStore, data: RequestData): Promise<RequestData> {
  return new Promise((resolve, reject) => {
    run(store, data, (error, result) => {
      if (error) reject(error);
      else resolve(result ?? {});
    });
  });
}
