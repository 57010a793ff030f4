import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namedTests, problemOf } from './support/named-tests.ts';

const log = readFileSync(join(import.meta.dirname, '../docs/safety/hazard-log.md'), 'utf8');
const hazards = log
  .split(/^### /m)
  .slice(1)
  .map((text) => ({ name: text.slice(0, text.indexOf('\n')), lines: text.split('\n') }));

const severities = ['Minor', 'Significant', 'Considerable', 'Major', 'Catastrophic'];

/** The risk in the matrix of the page. */
function riskOf(severity: string, likelihood: string): number {
  const row = log.split('\n').find((line) => line.startsWith(`| **${likelihood}** |`)) ?? '';
  return Number(row.split('|')[2 + severities.indexOf(severity)]);
}

const assessed = /^- (Initial|Residual): (\w+) × ([\w ]+) = (\d)$/;

describe('the hazard log', () => {
  it('numbers its hazards without a gap', () => {
    expect(hazards.map(({ name }) => name.slice(0, 3))).toEqual(
      hazards.map((_, index) => `H${String(index + 1).padStart(2, '0')}`),
    );
  });

  it.each(hazards)(
    '$name: has cause, effect, both risks, and controls each held by a test that is there',
    ({ lines }) => {
      for (const part of ['Cause', 'Effect', 'Initial', 'Residual'])
        expect(
          lines.filter((line) => line.startsWith(`- ${part}: `)),
          part,
        ).toHaveLength(1);
      const controls = lines.filter((line) => line.startsWith('- Control: '));
      expect(controls.length).toBeGreaterThan(0);
      for (const control of controls) {
        const tests = namedTests(control);
        expect(tests.length, control).toBeGreaterThan(0);
        expect(
          tests.flatMap((test) => problemOf(test) ?? []),
          control,
        ).toEqual([]);
      }
    },
  );

  it.each(hazards)(
    '$name: is assessed by the matrix, is no worse for its controls, and does not stop a release',
    ({ lines }) => {
      const risks = lines.flatMap((line) => {
        const [, when, severity = '', likelihood = '', risk] = assessed.exec(line) ?? [];
        if (!when) return [];
        expect(riskOf(severity, likelihood), line).toBe(Number(risk));
        return [Number(risk)];
      });
      const [initial = 0, residual = 5] = risks;
      expect(residual).toBeLessThanOrEqual(Math.min(initial, 3));
    },
  );
});
