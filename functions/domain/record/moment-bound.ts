import { dateSortKey, unknownDate } from './clinical-date.ts';

/** FHIR's prefixes of a date search (http://hl7.org/fhir/R4/search.html#prefix) but `ap`, which leaves "nearly" to the server. */
const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const;

/** The milliseconds `[from, to)` that a FHIR date or instant covers, in UTC: a year is all of that year. */
export interface Moments {
  readonly from: number;
  readonly to: number;
}

/** One condition of a date search. */
export interface MomentBound {
  readonly prefix: (typeof prefixes)[number];
  readonly value: Moments;
}

const searched = new RegExp(`^(${prefixes.join('|')})?([0-9].*)$`);

/** Reads `ge2024-05` and the like, `eq` where no prefix stands; undefined when it is none. */
export function parseMomentBound(text: string): MomentBound | undefined {
  const [, prefix = 'eq', moment = ''] = searched.exec(text) ?? [];
  const value = momentsOf(moment);
  return value && { prefix: prefix as MomentBound['prefix'], value };
}

/** What a date, dateTime or instant covers; undefined for the unknown date and for what is none. */
export function momentsOf(text: string): Moments | undefined {
  const key = dateSortKey(text);
  if (key === undefined || text === unknownDate) return undefined;
  const [year = 0, month, day] = key.slice(0, 10).split('-').map(Number);
  if (key.length > 10) {
    const from = Date.parse(`${key}Z`);
    // A second is the finest that orders entries.
    return { from, to: from + 1000 };
  }
  const start = (y: number, m = 1, d = 1) => new Date(0).setUTCFullYear(y, m - 1, d);
  if (day !== undefined) return { from: start(year, month, day), to: start(year, month, day + 1) };
  if (month !== undefined) return { from: start(year, month), to: start(year, month + 1) };
  return { from: start(year), to: start(year + 1) };
}

/** FHIR's meaning of each prefix where both sides are ranges. */
export function within(held: Moments, { prefix, value }: MomentBound): boolean {
  const isContained = held.from >= value.from && held.to <= value.to;
  switch (prefix) {
    case 'eq':
      return isContained;
    case 'ne':
      return !isContained;
    case 'gt':
      return held.to > value.to;
    case 'lt':
      return held.from < value.from;
    case 'ge':
      return isContained || held.to > value.to;
    case 'le':
      return isContained || held.from < value.from;
    case 'sa':
      return held.from >= value.to;
    case 'eb':
      return held.to <= value.from;
  }
}
