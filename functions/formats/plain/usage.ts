import type { Figures, PublicUsage, UsageLine, UsageReport } from '../../domain/audit/usage-report.ts';

type MonthlyUsageLike =
  | {
      readonly form: 'full';
      readonly month: string;
      readonly usage: UsageReport;
      readonly cumulative: UsageReport;
    }
  | { readonly form: 'public'; readonly month: string; readonly usage: PublicUsage };

/** The usage of a month as plain JSON: FHIR has nothing for it. A number that is left out is null. */
export function writeUsage(monthly: MonthlyUsageLike): object {
  const { month, usage } = monthly;
  if (monthly.form === 'full') return { month, form: 'full', ...usage, cumulative: monthly.cumulative };
  return {
    month,
    form: 'public',
    note: 'Numbers under five are left out, and totals are the sums of the numbers shown.',
    ...usage,
  };
}

const header = ['month', 'period', 'region', 'organisation', 'name', 'section', 'views', 'staff'];

/** The usage of a month as CSV (RFC 4180), a row for each figure; `all` where a column is added up. */
export function writeUsageCsv(monthly: MonthlyUsageLike): string {
  const rows =
    monthly.form === 'full'
      ? [...fullRows('month', monthly.usage), ...fullRows('cumulative', monthly.cumulative)]
      : publicRows(monthly.usage);
  return [header, ...rows.map((row) => [monthly.month, ...row])]
    .map((row) => `${row.map(cell).join(',')}\r\n`)
    .join('');
}

type Row = (string | number | null)[];

function fullRows(period: string, report: UsageReport): Row[] {
  return [
    ...lineRows([period, 'all', 'all', ''], report),
    ...report.regions.flatMap((line) => lineRows([period, line.region, 'all', ''], line)),
    ...report.organisations.flatMap((line) =>
      lineRows([period, line.region, line.organisation, line.name], line),
    ),
  ];
}

function lineRows(of: Row, line: UsageLine): Row[] {
  return [
    [...of, 'all', line.views, line.staff],
    ...line.sections.map(({ section, staff, views }): Row => [...of, section, views, staff]),
  ];
}

function publicRows({ organisations, regions, sections, staff, views }: PublicUsage): Row[] {
  const figures = (of: Figures): Row => [of.views, of.staff];
  return [
    ['month', 'all', 'all', '', 'all', views, staff],
    ...regions.map((line): Row => ['month', line.region, 'all', '', 'all', ...figures(line)]),
    ...organisations.map(
      (line): Row => ['month', line.region, line.organisation, line.name, 'all', ...figures(line)],
    ),
    ...sections.map((line): Row => ['month', 'all', 'all', '', line.section, ...figures(line)]),
  ];
}

/** A cell that a spreadsheet takes for a formula is text with an apostrophe before it (OWASP: CSV injection). */
function cell(value: string | number | null): string {
  const text = String(value ?? '');
  const harmless = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
