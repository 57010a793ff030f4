import { codesOf } from './codings.ts';
import { type MomentBound, momentsOf, within } from './moment-bound.ts';
import { meetsTokens, type TokenSearch } from './token-search.ts';

/** What a reader asks for within the sections they read; what is absent is not asked for. */
export interface EntryFilter {
  /** ODS codes of the organisations whose entries are wanted. */
  readonly organisations?: ReadonlySet<string>;
  readonly resourceTypes?: ReadonlySet<string>;
  /** Values of the entry's own status element, as {@link statusesOf} has them. */
  readonly statuses?: ReadonlySet<string>;
  /** On the clinical date; an entry without a date meets none. */
  readonly dates?: readonly MomentBound[];
  /** On the instant at which the version was received (`_lastUpdated`). */
  readonly received?: readonly MomentBound[];
  /** The opaque ids of entries. */
  readonly ids?: ReadonlySet<string>;
  readonly tokens?: readonly TokenSearch[];
}

/** What a filter looks at. */
export interface FilteredEntry {
  readonly entryId: string;
  readonly source: { readonly ods: string };
  readonly resourceType: string;
  /** As clinical-date.ts makes it. */
  readonly date: string;
  readonly validFrom: string;
  readonly resource: object;
}

/** True when the entry is all that the filter asks for. */
export function meetsFilter(entry: FilteredEntry, filter: EntryFilter): boolean {
  const { dates = [], ids, organisations, received = [], resourceTypes, statuses, tokens = [] } = filter;
  if (organisations && !organisations.has(entry.source.ods)) return false;
  if (resourceTypes && !resourceTypes.has(entry.resourceType)) return false;
  if (ids && !ids.has(entry.entryId)) return false;
  if (!tokens.every((search) => meetsTokens(entry.resource, search))) return false;
  if (statuses && !statusesOf(entry.resource).some((status) => statuses.has(status))) return false;
  return meetsAll(entry.date, dates) && meetsAll(entry.validFrom, received);
}

function meetsAll(moment: string, bounds: readonly MomentBound[]): boolean {
  if (bounds.length === 0) return true;
  const held = momentsOf(moment);
  return held !== undefined && bounds.every((bound) => within(held, bound));
}

/** The codes of `status`, `clinicalStatus` and `lifecycleStatus`: FHIR names an entry's state by one of them. */
export function statusesOf(resource: object): string[] {
  const { clinicalStatus, lifecycleStatus, status } = resource as Readonly<Record<string, unknown>>;
  return [status, lifecycleStatus, ...codesOf(clinicalStatus)].filter((code) => typeof code === 'string');
}

/**
 * The sort dates between which every entry lies that meets the bounds on the clinical date. The lower one is a year: an
 * entry that tells no more than its year sorts before the months of it.
 */
export function dateRange(bounds: readonly MomentBound[] = []): {
  readonly from: string;
  readonly to: string;
} {
  let from = '';
  let to = '~';
  for (const { prefix, value } of bounds) {
    const lowest = new Date(value.from).toISOString().slice(0, 4);
    const highest = `${new Date(value.to).toISOString().slice(0, 19)}~`;
    const endsBelow = prefix === 'eq' || prefix === 'lt' || prefix === 'le' || prefix === 'eb';
    const startsAbove = prefix === 'eq' || prefix === 'gt' || prefix === 'ge' || prefix === 'sa';
    if (startsAbove && lowest > from) from = lowest;
    if (endsBelow && highest < to) to = highest;
  }
  return { from, to };
}
