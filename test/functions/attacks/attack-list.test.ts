import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namedTests, problemOf } from '../../support/named-tests.ts';

const page = readFileSync('docs/safety/attack-list.md', 'utf8');
const rows = page.split('\n').flatMap((line) => {
  const number = /^\| (\d+) \|/.exec(line)?.[1];
  return number === undefined ? [] : [{ number: Number(number), line }];
});

describe('the attack list', () => {
  it('has every row from 1 to 62, once', () => {
    expect(rows.map(({ number }) => number).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 62 }, (_, index) => index + 1),
    );
  });

  it('names a test that is there for each of them', () => {
    const missing = rows.flatMap(({ line, number }) => {
      const tests = namedTests(line);
      const problems = tests.map(problemOf).filter((problem) => problem !== undefined);
      return [...(tests.length === 0 ? ['no test is named'] : []), ...problems].map(
        (one) => `${number}: ${one}`,
      );
    });
    expect(missing).toEqual([]);
  });
});
