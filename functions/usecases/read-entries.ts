import { dateRange, type EntryFilter, meetsFilter } from '../domain/record/entry-filter.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { type EntryRange, type PlacedEntry, queryEntries } from '../store/clinical-entry.ts';
import { type SourceRef, sectionPrefix, sourcePartition } from '../store/keys.ts';
import type { OpenRecord } from './open-record.ts';
import type { Region } from './region.ts';

/** What a reader of an opened record asks for. */
export interface EntryRequest {
  readonly sections: readonly SectionCode[];
  /** Entries at most. */
  readonly count: number;
  /** Where to go on; the newest entry when absent. */
  readonly from?: EntryPosition | undefined;
  readonly filter?: EntryFilter | undefined;
  /**
   * `newest` (when absent): by date over all sections, one Query for each section of each source. `section`: one Query for
   * each source, section after section in falling order of their codes, newest first in each: for many sections at once.
   */
  readonly order?: 'newest' | 'section';
}

/** A place in the merged order of all sources: an entry that is not there any more, or not yet, has its place too. */
export interface EntryPosition {
  /** Everything up to this key has been read; a key is an entry's sort key behind its section, or behind `SECTION#`. */
  readonly after: string;
  /** Sources that were silent, and how far each was read: they go on from there, late but not left out. */
  readonly behind?: Readonly<Record<string, string>>;
  /** Something was kept back on an earlier page: it is said on every page from then on. */
  readonly withheld?: true;
}

/** What one source record was found to hold of what was asked for, before any filter. */
export interface SourceAnswer {
  readonly source: SourceRef;
  /**
   * `entries`: some that the caller may see, or more than one page; `none`: none; `hidden`: none that the caller may see;
   * `silent`: it could not be read in time. From the second page on it speaks of what is left.
   */
  readonly found: 'entries' | 'none' | 'hidden' | 'silent';
}

/** One page of entries that the caller may see, newest first over all sources. */
export interface EntryPage {
  readonly entries: readonly PlacedEntry[];
  /** Something was kept back; neither how much, nor whose, nor what. */
  readonly withheld: boolean;
  /** One for each source that was asked. */
  readonly answers: readonly SourceAnswer[];
  /** Where the next page begins; absent at the end. */
  readonly next?: EntryPosition;
}

/** Milliseconds in which a source must have answered; then it is silent. */
const sourceBudget = 2_000;

/** Entries at which one page looks at most: a filter that few entries meet gives short pages, not a slow answer. */
const mostLookedAt = 2_000;

/**
 * The entries of an opened record that its caller may see: every reader of entries goes through here. All sources are asked
 * at once and merged by key. A page holds `count` entries but at the end, where few entries meet the filter, and where
 * those of one date and type would not all have room: they are the next page's then, so that duplicates stand together.
 */
export async function readEntries(
  region: Region,
  record: OpenRecord,
  request: EntryRequest,
): Promise<EntryPage> {
  const { count, filter = {}, from } = request;
  const lanes = openLanes(region, record, request);
  await Promise.all(lanes.map((lane) => lane.advance()));
  let withheld =
    from?.withheld === true ||
    request.sections.some((section) =>
      record.sourcesOf(section).some(({ sharing }) => sharing === 'withheld'),
    );
  const page: { readonly entry: PlacedEntry; readonly before: string }[] = [];
  let after = from?.after ?? beginning;
  let next: { readonly after: string } | undefined;
  for (let looked = 0; ; looked += 1) {
    const lane = newestOf(lanes);
    if (!lane?.head) break;
    const { head } = lane;
    const visibility = record.visibilityOf({ ...head, ods: head.source.ods });
    if (visibility === 'withheld') withheld = true;
    const isWanted = visibility === 'shown' && meetsFilter(head, filter);
    if ((isWanted && page.length === count) || looked === mostLookedAt) {
      next = { after };
      // Where the next entry is of the last run, the run is left to the next page, unless it is all that this one has.
      const run = isWanted ? page.findIndex(({ entry }) => runOf(entry) === runOf(head)) : -1;
      const [first] = run > 0 ? page.splice(run) : [];
      if (first) next = { after: first.before };
      break;
    }
    if (isWanted) page.push({ entry: head, before: after });
    after = lane.keyOf(head);
    await lane.advance();
  }
  return {
    entries: page.map(({ entry }) => entry),
    withheld: withheld || lanes.some((lane) => lane.firstAnswer.some(isWithheld)),
    answers: lanes.map((lane) => ({ source: lane.source, found: foundIn(lane) })),
    ...(next && { next: positionAfter(next.after) }),
  };

  function isWithheld(entry: PlacedEntry): boolean {
    return record.visibilityOf({ ...entry, ods: entry.source.ods }) === 'withheld';
  }

  function foundIn({ firstAnswer, isSilent }: Lane): SourceAnswer['found'] {
    if (isSilent) return 'silent';
    if (firstAnswer.length === 0) return 'none';
    const isShown = (entry: PlacedEntry) =>
      record.visibilityOf({ ...entry, ods: entry.source.ods }) === 'shown';
    if (firstAnswer.length > count || firstAnswer.some(isShown)) return 'entries';
    return firstAnswer.some(isWithheld) ? 'hidden' : 'none';
  }

  function positionAfter(key: string): EntryPosition {
    const reached = furtherOn(from?.after ?? beginning, key);
    const behind = lanes.flatMap((lane): [string, string][] => {
      const place = furtherOn(lane.start, lane.isSilent && lane.reached > key ? lane.reached : key);
      return place === reached ? [] : [[lane.name, place]];
    });
    return {
      after: reached,
      ...(behind.length > 0 && { behind: Object.fromEntries(behind) }),
      ...(withheld && { withheld }),
    };
  }
}

/** Before every key: no key begins with it. */
const beginning = '~';

/** Of two places in the falling order of keys the one that comes later. */
function furtherOn(one: string, other: string): string {
  return one < other ? one : other;
}

/** The date and type of an entry: what is the same in duplicates from several sources. */
function runOf({ date, resourceType }: PlacedEntry): string {
  return `${date} ${resourceType}`;
}

/** The entries of one source, or of one section of it, as they are asked for one after another. */
interface Lane {
  readonly source: SourceRef;
  /** Names it in an {@link EntryPosition}. */
  readonly name: string;
  readonly start: string;
  readonly keyOf: (entry: PlacedEntry) => string;
  /** The next entry; absent at the end, and from the moment on at which the source falls silent. */
  head: PlacedEntry | undefined;
  /** The key of the last entry before the head. */
  reached: string;
  isSilent: boolean;
  firstAnswer: readonly PlacedEntry[];
  readonly advance: () => Promise<void>;
}

function newestOf(lanes: readonly Lane[]): Lane | undefined {
  let newest: Lane | undefined;
  let newestKey = '';
  for (const lane of lanes) {
    const key = lane.head ? lane.keyOf(lane.head) : '';
    if (key > newestKey) [newest, newestKey] = [lane, key];
  }
  return newest;
}

function openLanes(region: Region, record: OpenRecord, request: EntryRequest): Lane[] {
  const { count, filter = {}, from, order = 'newest', sections } = request;
  const dates = dateRange(filter.dates);
  const signal = AbortSignal.timeout(sourceBudget);
  const wanted = new Map<string, { source: SourceRef; sections: SectionCode[] }>();
  for (const section of sections)
    for (const { sharing, source } of record.sourcesOf(section)) {
      if (sharing !== 'shared' || filter.organisations?.has(source.ods) === false) continue;
      const name = order === 'newest' ? `${section} ${sourcePartition(source)}` : sourcePartition(source);
      const lane = wanted.get(name) ?? { source, sections: [] };
      lane.sections.push(section);
      wanted.set(name, lane);
    }
  return [...wanted].map(([name, lane]) => {
    const prefix = sectionPrefix(order === 'newest' ? lane.sections[0] : undefined);
    const within = order === 'newest' ? dates : { from: '', to: beginning };
    const range = { from: `${prefix}${within.from}`, to: `${prefix}${within.to}` };
    const start = from?.behind?.[name] ?? from?.after ?? beginning;
    return openLane(region.store, { ...lane, name, prefix, range, start, limit: count + 1, signal });
  });
}

function openLane(
  store: Region['store'],
  asked: {
    source: SourceRef;
    sections: readonly SectionCode[];
    name: string;
    prefix: string;
    range: EntryRange;
    start: string;
    limit: number;
    signal: AbortSignal;
  },
): Lane {
  const { limit, name, prefix, range, sections, signal, source, start } = asked;
  let buffer: readonly PlacedEntry[] = [];
  let index = 0;
  let last: string | undefined = start === beginning ? undefined : `${prefix}${start}`;
  let hasMore = true;
  let isFirst = true;
  const lane: Lane = {
    source,
    name,
    start,
    keyOf: ({ SK }) => SK.slice(prefix.length),
    head: undefined,
    reached: start,
    isSilent: false,
    firstAnswer: [],
    async advance() {
      if (lane.head) lane.reached = lane.keyOf(lane.head);
      lane.head = buffer[index];
      index += 1;
      while (!lane.head && hasMore && !lane.isSilent) {
        try {
          const answer = await queryEntries(store, source, range, limit, last, signal);
          buffer = answer.entries.filter(({ section }) => sections.includes(section));
          last = answer.entries.at(-1)?.SK;
          hasMore = answer.more && last !== undefined;
        } catch {
          lane.isSilent = true;
          return;
        }
        if (isFirst) lane.firstAnswer = buffer;
        isFirst = false;
        lane.head = buffer[0];
        index = 1;
      }
    },
  };
  return lane;
}
