import type { RegionPolicy } from '../access/region-policy.ts';
import type { Column, Scope, UsageSection } from './usage.ts';

/** The numbers of one scope in one month, by column; a column that is absent is 0. */
export type Counts = Readonly<Partial<Record<Column, number>>>;

/** Views, and how many different people looked; null where the number is left out. */
export interface Figures {
  readonly views: number | null;
  readonly staff: number | null;
}

/** The figures of an organisation or a region. */
export interface UsageLine extends Figures {
  readonly sections: readonly (Figures & { readonly section: UsageSection })[];
}

/** The usage of a month, or of all months up to it. */
export interface UsageReport extends UsageLine {
  readonly regions: readonly (UsageLine & { readonly region: string })[];
  readonly organisations: readonly (UsageLine & {
    readonly organisation: string;
    readonly name: string;
    readonly region: string;
  })[];
}

/** Numbers below this are left out of what is published (NHS England's disclosure control for small numbers). */
export const smallestPublished = 5;

type ScopeCounts = ReadonlyMap<Scope, Counts>;

/** The report of one month. */
export function monthReport(counts: ScopeCounts, policy: RegionPolicy): UsageReport {
  return report(counts, policy, 'staff');
}

/** The report of all the given months together: staff who looked in several count once. */
export function cumulativeReport(months: readonly ScopeCounts[], policy: RegionPolicy): UsageReport {
  const sums = new Map<Scope, Partial<Record<Column, number>>>();
  for (const month of months)
    for (const [scope, counts] of month) {
      const sum = sums.get(scope) ?? {};
      sums.set(scope, sum);
      for (const [column, count] of Object.entries(counts) as [Column, number][])
        sum[column] = (sum[column] ?? 0) + count;
    }
  return report(sums, policy, 'joined');
}

function report(counts: ScopeCounts, policy: RegionPolicy, people: 'staff' | 'joined'): UsageReport {
  const scopes = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const line = (of: Counts) => lineOf(of, people);
  return {
    ...line(counts.get('TOTAL') ?? {}),
    regions: scopes.flatMap(([scope, of]) => {
      const [kind, region] = scope.split('#');
      return kind === 'REGION' && region ? [{ region, ...line(of) }] : [];
    }),
    organisations: scopes.flatMap(([scope, of]) => {
      const [kind, region, organisation] = scope.split('#');
      if (kind !== 'ORGANISATION' || !region || !organisation) return [];
      const name = policy.organisations.find(({ ods }) => ods === organisation)?.name ?? organisation;
      return [{ organisation, name, region, ...line(of) }];
    }),
  };
}

function lineOf(counts: Counts, people: 'staff' | 'joined'): UsageLine {
  const sections = Object.keys(counts)
    .flatMap((column) => (column.startsWith('views:') ? [column.slice('views:'.length)] : []))
    .toSorted() as UsageSection[];
  return {
    views: counts.views ?? 0,
    staff: counts[people] ?? 0,
    sections: sections.map((section) => ({
      section,
      views: counts[`views:${section}`] ?? 0,
      staff: counts[`${people}:${section}`] ?? 0,
    })),
  };
}

/** What may be published of a month: organisations and sections each for themselves, never crossed. */
export interface PublicUsage extends Figures {
  readonly regions: readonly (Figures & { readonly region: string })[];
  readonly organisations: readonly (Figures & {
    readonly organisation: string;
    readonly name: string;
    readonly region: string;
  })[];
  readonly sections: readonly (Figures & { readonly section: UsageSection })[];
}

/**
 * The published form of a month's report. A number under five is left out together with all that it is part of: totals,
 * regions and sections are added up from the numbers shown and from nothing else, so none that is left out can be worked
 * out, whatever else is known of the rule. Staff are added up over organisations: who works for two counts in both.
 */
export function publicUsage({ organisations }: UsageReport): PublicUsage {
  const { rows, columns } = largestPublishable(organisations);
  const cells = (row: UsageLine) => row.sections.filter(({ section }) => columns.has(section));
  const shown = organisations.map((row) => {
    const { name, organisation, region } = row;
    const views = rows.has(organisation) ? sum(cells(row).map((cell) => cell.views ?? 0)) : null;
    return { organisation, name, region, views, staff: views === null ? null : published(row.staff) };
  });
  const sections = [...new Set(organisations.flatMap((row) => row.sections.map(({ section }) => section)))];
  return {
    ...total(shown),
    regions: [...new Set(shown.map(({ region }) => region))].map((region) => ({
      region,
      ...total(shown.filter((one) => one.region === region)),
    })),
    organisations: shown,
    sections: sections.toSorted().map((section) => {
      if (!columns.has(section)) return { section, views: null, staff: null };
      const staying = organisations.filter(({ organisation }) => rows.has(organisation));
      const of = (measure: keyof Figures, lines: readonly UsageLine[]) =>
        sum(
          lines.flatMap((line) =>
            cells(line).map((cell) => (cell.section === section && cell[measure]) || 0),
          ),
        );
      const withStaff = staying.filter(({ staff }) => published(staff) !== null);
      return { section, views: of('views', staying), staff: published(of('staff', withStaff)) };
    }),
  };
}

/**
 * The organisations and sections that stay when every one with fewer than five views among those that stay is taken away,
 * again and again: one result, in whichever order they go.
 */
function largestPublishable(organisations: UsageReport['organisations']) {
  const rows = new Set(organisations.map(({ organisation }) => organisation));
  const columns = new Set(organisations.flatMap((row) => row.sections.map(({ section }) => section)));
  const viewsOf = (organisation?: string, section?: UsageSection) =>
    sum(
      organisations
        .filter((row) => rows.has(row.organisation) && (!organisation || row.organisation === organisation))
        .flatMap((row) => row.sections)
        .filter((cell) => columns.has(cell.section) && (!section || cell.section === section))
        .map(({ views }) => views ?? 0),
    );
  for (let before = -1; before !== rows.size + columns.size; ) {
    before = rows.size + columns.size;
    for (const row of rows) if (viewsOf(row) < smallestPublished) rows.delete(row);
    for (const column of columns) if (viewsOf(undefined, column) < smallestPublished) columns.delete(column);
  }
  return { rows, columns };
}

function published(count: number | null): number | null {
  return count === null || count < smallestPublished ? null : count;
}

/** The sum of what is shown; left out where nothing is. */
function total(shown: readonly Figures[]): Figures {
  const of = (measure: 'views' | 'staff') => {
    const numbers = shown.flatMap((one) => one[measure] ?? []);
    return numbers.length === 0 ? null : sum(numbers);
  };
  return { views: of('views'), staff: of('staff') };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((so, number) => so + number, 0);
}
