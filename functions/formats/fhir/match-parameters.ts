import type { Demographics } from '../../domain/identity/demographics.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { describePatient } from './patient.ts';
import type { ReadResult } from './read-result.ts';

/** What a `$match` asks for. */
export interface MatchQuery {
  /** As sent: never log or repeat it. */
  readonly nhsNumberText?: string;
  /** What else is known of the person sought. */
  readonly demographics: Demographics;
  readonly onlyCertainMatches: boolean;
  readonly onlySingleMatch: boolean;
  /** Candidates to answer at most, 1 to {@link maximumCount}. */
  readonly count: number;
}

/** PDS answers at most 50 to a worker. */
const maximumCount = 50;

const defaultCount = 10;

/** The parameters of `Patient/$match` (FHIR R4; `onlySingleMatch` is R6's) and the element that holds each one's value. */
const valueElements = new Map([
  ['resource', 'resource'],
  ['onlyCertainMatches', 'valueBoolean'],
  ['onlySingleMatch', 'valueBoolean'],
  ['count', 'valueInteger'],
]);

function readParameter(parameter: JsonValue, index: number): ReadResult<{ name: string; value: JsonValue }> {
  const path = `Parameters.parameter[${index}]`;
  if (!isJsonObject(parameter)) return { ok: false, issues: [`${path}: must be an object`] };
  const { name } = parameter;
  const element = typeof name === 'string' ? valueElements.get(name) : undefined;
  if (typeof name !== 'string' || element === undefined)
    return { ok: false, issues: [`${path}.name: not a parameter of $match`] };
  const value = parameter[element];
  if (value === undefined) return { ok: false, issues: [`${path}.${element}: is missing`] };
  if (Object.keys(parameter).some((key) => key !== 'name' && key !== element && key !== 'id'))
    return { ok: false, issues: [`${path}: holds more than name and ${element}`] };
  if (element === 'valueBoolean' && typeof value !== 'boolean')
    return { ok: false, issues: [`${path}.valueBoolean: must be true or false`] };
  if (element === 'valueInteger' && !(Number.isInteger(value) && Number(value) >= 1))
    return { ok: false, issues: [`${path}.valueInteger: must be a whole number from 1`] };
  return { ok: true, name, value };
}

function collectParameters(parameters: JsonObject): ReadResult<{ values: ReadonlyMap<string, JsonValue> }> {
  if (Object.keys(parameters).some((key) => !['resourceType', 'id', 'meta', 'parameter'].includes(key)))
    return { ok: false, issues: ['Parameters: has an element that is not accepted here'] };
  const sent = parameters.parameter;
  if (!Array.isArray(sent)) return { ok: false, issues: ['Parameters.parameter: must be a list'] };
  const values = new Map<string, JsonValue>();
  const issues: string[] = [];
  for (const [index, item] of sent.entries()) {
    const parameter = readParameter(item, index);
    if (!parameter.ok) issues.push(...parameter.issues);
    else if (values.has(parameter.name)) issues.push(`Parameters.parameter[${index}].name: is given twice`);
    else values.set(parameter.name, parameter.value);
  }
  if (issues.length === 0 && !values.has('resource')) issues.push('Parameters.parameter: has no resource');
  return issues.length > 0 ? { ok: false, issues } : { ok: true, values };
}

/**
 * Reads the Parameters of `Patient/$match`. The `id` of the Patient, if any, is the asker's own and plays no part.
 */
export function readMatchParameters(parameters: unknown): ReadResult<{ readonly query: MatchQuery }> {
  if (!isJsonObject(parameters) || parameters.resourceType !== 'Parameters')
    return { ok: false, issues: ['Parameters.resourceType: must be Parameters'] };
  const collected = collectParameters(parameters);
  if (!collected.ok) return collected;
  const { values } = collected;
  const described = describePatient(values.get('resource'));
  if (!described.ok)
    return { ok: false, issues: described.issues.map((issue) => `Parameters.parameter.resource: ${issue}`) };
  const { demographics, nhsNumber } = described.patient;
  const count = values.get('count');
  return {
    ok: true,
    query: {
      ...(nhsNumber !== undefined && { nhsNumberText: nhsNumber.text }),
      demographics,
      onlyCertainMatches: values.get('onlyCertainMatches') === true,
      onlySingleMatch: values.get('onlySingleMatch') === true,
      count: Math.min(typeof count === 'number' ? count : defaultCount, maximumCount),
    },
  };
}
