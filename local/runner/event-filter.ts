import { isJsonObject, type Json } from './json.ts';
import { refuse } from './refusal.ts';

/** Whether an event source delivers the event. */
export type EventFilter = (event: object) => boolean;

type Matcher = (value: Json | undefined) => boolean;

/**
 * Lambda's event filter, as far as exact texts and flags go: `{ "dynamodb": { "Keys": { "SK": { "S": ["PERSON"] } } } }`.
 * An event is delivered when any of the patterns fits; without patterns each is.
 */
export function compileEventFilter(patterns: readonly string[], place: string): EventFilter {
  const matchers = patterns.map((pattern) => compile(parse(pattern, place), place));
  return (event) => matchers.length === 0 || matchers.some((matches) => matches(event as Json));
}

function parse(pattern: string, place: string): Json {
  try {
    return JSON.parse(pattern) as Json;
  } catch {
    return refuse(place, 'an event filter is no JSON');
  }
}

function compile(pattern: Json, place: string): Matcher {
  if (Array.isArray(pattern)) {
    const wanted = pattern.filter((one) => typeof one === 'string' || typeof one === 'boolean');
    if (wanted.length !== pattern.length || wanted.length === 0)
      return refuse(place, 'event filters are served for exact texts and flags only');
    return (value) => wanted.some((one) => one === value);
  }
  if (!isJsonObject(pattern)) return refuse(place, 'event filters are served for exact texts and flags only');
  const parts = Object.entries(pattern).map(([name, part]) => [name, compile(part, place)] as const);
  return (value) =>
    value !== undefined && isJsonObject(value) && parts.every(([name, matches]) => matches(value[name]));
}
