import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../../functions/domain/audit/usage.ts';
import {
  type Counts,
  cumulativeReport,
  monthReport,
  publicUsage,
  type UsageReport,
} from '../../../../functions/domain/audit/usage-report.ts';
import { policy } from '../../../support/policy.ts';

const sections = ['alerts', 'results', 'overview'] as const;

interface Cell {
  readonly views: number;
  readonly staff: number;
}

/** A report of organisations in which each section has the given numbers. */
function reportOf(rows: readonly (readonly Cell[])[]): UsageReport {
  const organisations = rows.map((cells, index) => ({
    organisation: `T9${index}`,
    name: `Trust ${index}`,
    region: index < 2 ? 'test' : 'next',
    views: cells.reduce((sum, { views }) => sum + views, 0),
    staff: Math.max(0, ...cells.map(({ staff }) => staff)),
    sections: cells.flatMap((cell, at) => {
      const section = sections[at];
      return cell.views > 0 && section ? [{ section, ...cell }] : [];
    }),
  }));
  return { views: 0, staff: 0, sections: [], regions: [], organisations };
}

const cell = (most: number) =>
  fc
    .nat(most)
    .chain((views) =>
      fc.record({ views: fc.constant(views), staff: fc.integer({ min: Math.min(1, views), max: views }) }),
    );
const row = (most: number) =>
  fc.array(cell(most), { minLength: sections.length, maxLength: sections.length });
const rows = fc.array(row(12), { minLength: 1, maxLength: 5 });

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(numbersIn) : [];
}

describe('what is published of usage', () => {
  it('holds no number from one to four', () => {
    fc.assert(
      fc.property(rows, (cells) => {
        expect(numbersIn(publicUsage(reportOf(cells))).filter((number) => number < 5)).toEqual([]);
      }),
    );
  });

  it('is the same whatever the views of an organisation under five are: they cannot be worked out', () => {
    const small = fc.record({ at: fc.nat(10), to: row(1), other: row(1) });
    fc.assert(
      fc.property(rows, small, (cells, { at, other, to }) => {
        const filled = (by: readonly Cell[]) => {
          const padded = by.map(({ staff, views }, index) =>
            index === 0 ? { views: 1, staff: 1 } : { staff, views },
          );
          return cells.toSpliced(at % cells.length, 0, padded);
        };
        // Which sections were looked at at all is no number: leave it as it is.
        const listed = (report: UsageReport) => ({
          ...publicUsage(report),
          sections: publicUsage(report).sections.filter(({ views }) => views !== null),
        });
        expect(listed(reportOf(filled(to)))).toEqual(listed(reportOf(filled(other))));
      }),
    );
  });

  it('is the same whatever the views of a section under five are', () => {
    const spread = fc.array(fc.nat(1), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row(12), { minLength: 4, maxLength: 4 }), spread, spread, (cells, one, other) => {
        const filled = (by: readonly number[]) =>
          cells.map((line, index) => line.with(0, { views: by[index] ?? 0, staff: by[index] ?? 0 }));
        const publish = (by: readonly number[]) => {
          const { organisations, sections: lines } = publicUsage(reportOf(filled(by)));
          return [
            organisations.map(({ organisation, views }) => [organisation, views]),
            lines.filter(({ views }) => views !== null).map(({ section, views }) => [section, views]),
          ];
        };
        fc.pre(
          one.some((n) => n > 0) &&
            one.reduce((a, b) => a + b, 0) < 5 &&
            other.reduce((a, b) => a + b, 0) < 5,
        );
        expect(publish(one)).toEqual(publish(other));
      }),
    );
  });

  it('is the same whatever the staff of an organisation under five are', () => {
    const staff = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(rows, staff, staff, (cells, one, other) => {
        const publish = (count: number) =>
          publicUsage(
            reportOf([
              ...cells,
              [
                { views: 40, staff: count },
                { views: 0, staff: 0 },
                { views: 0, staff: 0 },
              ],
            ]),
          );
        expect(publish(one)).toEqual(publish(other));
      }),
    );
  });

  it('has totals that are the sums of what is shown, over organisations and over sections', () => {
    fc.assert(
      fc.property(rows, (cells) => {
        const shown = publicUsage(reportOf(cells));
        const sum = (lines: readonly { views: number | null }[]) =>
          lines.reduce((so, { views }) => so + (views ?? 0), 0);
        expect(shown.views ?? 0).toBe(sum(shown.organisations));
        expect(shown.views ?? 0).toBe(sum(shown.sections));
        expect(shown.views ?? 0).toBe(sum(shown.regions));
      }),
    );
  });

  it('leaves out one small organisation, and no total gives it away', () => {
    const big = [
      { views: 30, staff: 9 },
      { views: 20, staff: 8 },
      { views: 0, staff: 0 },
    ];
    const little = [
      { views: 3, staff: 2 },
      { views: 0, staff: 0 },
      { views: 0, staff: 0 },
    ];
    const shown = publicUsage(reportOf([big, little]));
    expect(shown).toMatchObject({ views: 50, staff: 9 });
    expect(shown.organisations.map(({ views, staff }) => [views, staff])).toEqual([
      [50, 9],
      [null, null],
    ]);
    expect(shown.sections).toEqual([
      { section: 'alerts', views: 30, staff: 9 },
      { section: 'results', views: 20, staff: 8 },
    ]);
  });
});

describe('a report', () => {
  const month = (views: number, staff: number, joined: number): ReadonlyMap<Scope, Counts> => {
    const counts = {
      views,
      staff,
      joined,
      'views:results': views,
      'staff:results': staff,
      'joined:results': joined,
    };
    return new Map<Scope, Counts>([
      ['TOTAL', counts],
      ['REGION#test', counts],
      ['ORGANISATION#test#T9A', counts],
    ]);
  };

  it('names organisations and regions, with their sections', () => {
    const report = monthReport(month(7, 3, 1), policy);
    expect(report).toMatchObject({ views: 7, staff: 3, regions: [{ region: 'test', views: 7 }] });
    expect(report.organisations).toEqual([
      {
        organisation: 'T9A',
        name: 'Organisation T9A',
        region: 'test',
        views: 7,
        staff: 3,
        sections: [{ section: 'results', views: 7, staff: 3 }],
      },
    ]);
  });

  it('adds months up, counting who came back once', () => {
    const report = cumulativeReport([month(7, 3, 3), month(5, 4, 1)], policy);
    expect(report).toMatchObject({ views: 12, staff: 4 });
    expect(report.organisations[0]?.sections).toEqual([{ section: 'results', views: 12, staff: 4 }]);
  });

  it('of a month without views is empty', () => {
    expect(monthReport(new Map(), policy)).toEqual({
      views: 0,
      staff: 0,
      sections: [],
      regions: [],
      organisations: [],
    });
  });
});
