import type { Json } from './json.ts';
import { isJsonObject } from './json.ts';
import { refuse } from './refusal.ts';

/** Whether a log line is delivered. */
export type LogFilter = (line: string) => boolean;

type Term = (value: Json) => boolean;

const tokenPattern =
  /\s*(?:(&&|\|\||[(){}]|!=|>=|<=|=|>|<)|("(?:[^"\\]|\\.)*")|(\$(?:\.[A-Za-z0-9_-]+)+)|([A-Za-z]+)|(-?\d+(?:\.\d+)?))/y;

function tokenise(pattern: string, place: string): string[] {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  let end = 0;
  while (end < pattern.trimEnd().length) {
    const match = tokenPattern.exec(pattern);
    if (match === null) return refuse(place, `filter pattern not served from: ${pattern.slice(end)}`);
    tokens.push(match[0].trim());
    end = tokenPattern.lastIndex;
  }
  return tokens;
}

function select(path: string): (value: Json) => Json | undefined {
  const steps = path.split('.').slice(1);
  return (value) => {
    let at: Json | undefined = value;
    for (const step of steps) at = at !== undefined && isJsonObject(at) ? at[step] : undefined;
    return at;
  };
}

function textMatcher(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`, 's');
  return (text) => expression.test(text);
}

function compare(
  operator: string,
  literal: string,
  read: (value: Json) => Json | undefined,
  place: string,
): Term {
  if (/^-?\d/.test(literal)) {
    const expected = Number(literal);
    const holds: Readonly<Record<string, (actual: number) => boolean>> = {
      '=': (actual) => actual === expected,
      '!=': (actual) => actual !== expected,
      '>': (actual) => actual > expected,
      '>=': (actual) => actual >= expected,
      '<': (actual) => actual < expected,
      '<=': (actual) => actual <= expected,
    };
    const check = holds[operator];
    if (check === undefined) return refuse(place, `operator ${operator} is not served for numbers`);
    return (value) => {
      const actual = read(value);
      return typeof actual === 'number' && check(actual);
    };
  }
  if (operator !== '=' && operator !== '!=')
    return refuse(place, `operator ${operator} is not served for texts`);
  const matches = textMatcher(literal.startsWith('"') ? String(JSON.parse(literal)) : literal);
  return (value) => {
    const actual = read(value);
    // A field that is not there matches neither = nor !=.
    if (typeof actual !== 'string' && typeof actual !== 'number') return false;
    return matches(String(actual)) === (operator === '=');
  };
}

/**
 * Compiles a CloudWatch Logs filter pattern: the empty one (every line) or a JSON one of `=`, `!=`, `<`, `<=`, `>`, `>=`,
 * `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`, `&&`, `||` and brackets. Refuses any other.
 */
export function compileLogFilter(pattern: string, place: string): LogFilter {
  if (pattern.trim() === '') return () => true;
  const tokens = tokenise(pattern, place);
  if (tokens.shift() !== '{' || tokens.pop() !== '}') {
    return refuse(place, 'only JSON filter patterns in { } are served');
  }
  let position = 0;
  const next = (): string => tokens[position++] ?? '';

  function readTerm(): Term {
    const token = next();
    if (token === '(') {
      const inner = readEither();
      if (next() !== ')') refuse(place, 'a bracket of the filter pattern is not closed');
      return inner;
    }
    if (!token.startsWith('$')) return refuse(place, `filter pattern not served at: ${token}`);
    const read = select(token);
    const operator = next();
    if (operator === 'IS') {
      const word = next();
      if (word === 'NULL') return (value) => read(value) === null;
      if (word === 'TRUE') return (value) => read(value) === true;
      if (word === 'FALSE') return (value) => read(value) === false;
      return refuse(place, `IS ${word} is not served`);
    }
    if (operator === 'NOT') {
      if (next() !== 'EXISTS') refuse(place, 'NOT is served only before EXISTS');
      return (value) => read(value) === undefined;
    }
    return compare(operator, next(), read, place);
  }

  function readBoth(): Term {
    const terms = [readTerm()];
    while (tokens[position] === '&&') {
      position += 1;
      terms.push(readTerm());
    }
    return (value) => terms.every((term) => term(value));
  }

  function readEither(): Term {
    const terms = [readBoth()];
    while (tokens[position] === '||') {
      position += 1;
      terms.push(readBoth());
    }
    return (value) => terms.some((term) => term(value));
  }

  const matches = readEither();
  if (position !== tokens.length) refuse(place, `filter pattern not served at: ${tokens[position]}`);
  return (line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return false;
    }
    return isJsonObject(value) && matches(value);
  };
}
