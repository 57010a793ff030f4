import { describe, expect, it } from 'vitest';
import { compileLogFilter } from '../../../local/runner/log-filter.ts';

const matches = (pattern: string, line: unknown): boolean =>
  compileLogFilter(pattern, 'here')(typeof line === 'string' ? line : JSON.stringify(line));

describe('a log filter pattern', () => {
  it('that is empty takes every line', () => {
    expect(matches('', 'anything')).toBe(true);
    expect(matches(' ', '{}')).toBe(true);
  });

  it.each<[string, unknown, boolean]>([
    ['{ $.a = "x" }', { a: 'x' }, true],
    ['{ $.a = "x" }', { a: 'xy' }, false],
    ['{ $.a = "x*" }', { a: 'xy' }, true],
    ['{ $.a = "*" }', { a: '' }, true],
    ['{ $.a = "*" }', {}, false],
    ['{ $.a != "-" }', { a: 'x' }, true],
    ['{ $.a != "-" }', { a: '-' }, false],
    ['{ $.a != "-" }', {}, false],
    ['{ $.a = "a.c" }', { a: 'abc' }, false],
    ['{ $.status >= 400 }', { status: 403 }, true],
    ['{ $.status >= 400 }', { status: 200 }, false],
    ['{ $.status >= 400 }', { status: '403' }, false],
    ['{ $.a.b = 1 }', { a: { b: 1 } }, true],
    ['{ $.a IS NULL }', { a: null }, true],
    ['{ $.a IS TRUE }', { a: true }, true],
    ['{ $.a IS FALSE }', { a: true }, false],
    ['{ $.a NOT EXISTS }', {}, true],
    ['{ ($.a = 1) && ($.b = 2) }', { a: 1, b: 2 }, true],
    ['{ ($.a = 1) && ($.b = 2) }', { a: 1, b: 3 }, false],
    ['{ $.a = 1 || $.b = 2 && $.c = 3 }', { a: 1 }, true],
    ['{ ($.a = 1 || $.b = 2) && $.c = 3 }', { a: 1 }, false],
    ['{ $.a = 1 }', 'no JSON', false],
    ['{ $.a = 1 }', '[1]', false],
  ])('%s on %j: %s', (pattern, line, expected) => {
    expect(matches(pattern, line)).toBe(expected);
  });

  it.each([
    'ERROR',
    '[ip, user]',
    '{ $.a = 1',
    '{ $.a ~ 1 }',
    '{ $.a[0] = 1 }',
    '{ $.a = %x% }',
    '{ ($.a = 1 }',
    '{ $.a > "x" }',
    '{ $.a IS SMALL }',
    '{ $.a = 1 $.b = 2 }',
  ])('that is not served is refused: %s', (pattern) => {
    expect(() => compileLogFilter(pattern, 'here')).toThrow('here');
  });
});
