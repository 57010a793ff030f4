import type { RegionPolicy } from '../access/region-policy.ts';
import type { SectionCode } from '../record/section-codes.ts';
import type { AuditEntry } from './audit-entry.ts';

/** One opening of a patient's record, or of a section of it, by somebody. */
export interface View {
  /** `YYYY-MM`, UTC. */
  readonly month: string;
  /** The region of the organisation that looked. */
  readonly region: string;
  /** ODS code. */
  readonly organisation: string;
  /** `overview`: the list of what the record holds. */
  readonly section: UsageSection;
  /** A pseudonym of who looked. */
  readonly staff: string;
}

/** See {@link View}. */
export type UsageSection = SectionCode | 'overview';

/** The region of an organisation that is in no agreement any more. */
const unknownRegion = 'unknown';

/**
 * The view that an audit entry is: somebody was shown a part of somebody's record. Undefined for refusals, searches, changes
 * and the work of the region's own staff. `viewing` names the operations that show a record.
 */
export function viewOf(
  { caller, operation, outcome, personId, recordedAt, section }: AuditEntry,
  policy: RegionPolicy,
  viewing: ReadonlySet<string>,
  staff: string,
): View | undefined {
  if (outcome !== 'success' || personId === undefined || !viewing.has(operation)) return undefined;
  const agreement = policy.organisations.find(({ ods }) => ods === caller.organisation);
  return {
    month: recordedAt.slice(0, 7),
    region: agreement?.region ?? unknownRegion,
    organisation: caller.organisation,
    section: section ?? 'overview',
    staff,
  };
}

/** Of whom a number is: everybody, a viewing region, or one of its organisations. */
export type Scope = 'TOTAL' | `REGION#${string}` | `ORGANISATION#${string}#${string}`;

/** `joined`: staff who had never looked before the month; added up over months they are the distinct staff so far. */
const measures = ['views', 'staff', 'joined'] as const;

/** A number's name in its scope: a measure, alone for all sections or with one. */
export type Column = (typeof measures)[number] | `${(typeof measures)[number]}:${UsageSection}`;

/** What has been seen of one member of staff: where they looked, by {@link placeOf}. */
export interface StaffRecord {
  /** By month. */
  readonly months: Map<string, Set<string>>;
  /** The first month of each place. */
  readonly first: Map<string, string>;
}

/** Increments by month and scope. */
export type Tally = Map<string, Map<Scope, Map<Column, number>>>;

/** Where somebody looked: all that their own record has to keep of a view. */
export function placeOf({ organisation, region, section }: View): string {
  return `${region} ${organisation} ${section}`;
}

/** A number in which somebody counts once, and how the places begin and end that count in it. */
interface Mark {
  readonly scope: Scope;
  readonly section: UsageSection | undefined;
  readonly start: string;
  readonly end: string;
}

/** The numbers in which a view counts. */
function marksOf({ organisation, region, section }: View): Mark[] {
  const scopes = [
    { scope: 'TOTAL', start: '' },
    { scope: `REGION#${region}`, start: `${region} ` },
    { scope: `ORGANISATION#${region}#${organisation}`, start: `${region} ${organisation} ` },
  ] as const;
  return scopes.flatMap((scope) => [
    { ...scope, section: undefined, end: '' },
    { ...scope, section, end: ` ${section}` },
  ]);
}

function counts(place: string, { end, start }: Mark): boolean {
  return place.startsWith(start) && place.endsWith(end);
}

/**
 * What the views add to the numbers; brings the records of their staff up to date. Views may come in any order, months
 * mixed: the sum is the same.
 */
export function tallyViews(views: readonly View[], recordOf: (staff: string) => StaffRecord): Tally {
  const tally: Tally = new Map();
  for (const view of views) {
    const { month, staff } = view;
    const place = placeOf(view);
    const record = recordOf(staff);
    const seen = record.months.get(month) ?? new Set();
    record.months.set(month, seen);
    for (const mark of marksOf(view)) {
      add(tally, month, mark, 'views', 1);
      if (![...seen].some((one) => counts(one, mark))) add(tally, month, mark, 'staff', 1);
      const first = firstMonth(record, mark);
      if (first !== undefined && first <= month) continue;
      if (first !== undefined) add(tally, first, mark, 'joined', -1);
      add(tally, month, mark, 'joined', 1);
    }
    seen.add(place);
    const before = record.first.get(place);
    if (before === undefined || month < before) record.first.set(place, month);
  }
  return tally;
}

function firstMonth({ first }: StaffRecord, mark: Mark): string | undefined {
  let earliest: string | undefined;
  for (const [place, month] of first)
    if ((earliest === undefined || month < earliest) && counts(place, mark)) earliest = month;
  return earliest;
}

function add(
  tally: Tally,
  month: string,
  { scope, section }: Mark,
  measure: (typeof measures)[number],
  change: number,
): void {
  const scopes = tally.get(month) ?? new Map<Scope, Map<Column, number>>();
  tally.set(month, scopes);
  const columns = scopes.get(scope) ?? new Map<Column, number>();
  scopes.set(scope, columns);
  const column: Column = section === undefined ? measure : `${measure}:${section}`;
  columns.set(column, (columns.get(column) ?? 0) + change);
}
