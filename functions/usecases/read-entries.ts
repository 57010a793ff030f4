import { type Organisation, organisationOf } from '../domain/access/region-policy.ts';
import { dateRange, type EntryFilter, meetsFilter } from '../domain/record/entry-filter.ts';
import { runOf } from '../domain/record/fold-duplicates.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { type EntryRange, type PlacedEntry, queryEntries } from '../store/clinical-entry.ts';
import type { EntryQuery } from '../store/entries-then.ts';
import { type SourceRef, sectionPrefix, sourcePartition } from '../store/keys.ts';
import type { Link } from '../store/person.ts';
import { maskReferences } from './mask-references.ts';
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
  /** Something is kept back: each page says so, wherever in the order it stands. */
  readonly withheld?: true;
}

/** What one source record was found to hold of what was asked for, before any filter. */
export interface SourceAnswer {
  readonly source: SourceRef;
  /**
   * `entries`: some that the caller may see; `none`: none; `hidden`: none that the caller may see; `silent`: it could not be
   * read in time. From the second page on it speaks of what is left.
   */
  readonly found: 'entries' | 'none' | 'hidden' | 'silent';
}

/** An entry with the organisation that sent it, as the region knows it. */
export interface ShownEntry extends PlacedEntry {
  readonly organisation: Pick<Organisation, 'name'> & Partial<Pick<Organisation, 'type'>>;
}

/** One page of entries that the caller may see, newest first over all sources. */
export interface EntryPage {
  readonly entries: readonly ShownEntry[];
  /** Of the first answers of all sources, what the caller may see: the newest `count` of each at least, before any filter. */
  readonly newest: readonly ShownEntry[];
  /**
   * Something of these sections is kept back; neither how much, nor whose, nor what. It does not depend on the filter or the
   * page, which would tell where it stands.
   */
  readonly withheld: boolean;
  /** One for each source that was asked. */
  readonly answers: readonly SourceAnswer[];
  /** Where the next page begins; absent at the end. */
  readonly next?: EntryPosition;
}

/** Milliseconds in which a source must have answered; then it is silent. */
export const sourceBudget = 2_000;

/** Entries at which one page looks at most: a filter that few entries meet gives short pages, not a slow answer. */
const mostLookedAt = 2_000;

/** Bytes of resources on one page, of which one may be up to 400 KB: a function answers 6 MB at most. */
const largestPage = 4_000_000;

/**
 * The entries of an opened record that its caller may see: every reader of entries goes through here. All sources are asked
 * at once and merged by key. A page holds `count` entries but at the end, where few entries meet the filter, where they are
 * large, and where those of one date and type would not all have room: they are the next page's then, so that duplicates
 * stand together.
 */
export async function readEntries(
  region: Region,
  record: OpenRecord,
  request: EntryRequest,
): Promise<EntryPage> {
  const { count, filter = {}, from } = request;
  const lanes = openLanes(region, record, request);
  const [isKeptBack] = await Promise.all([
    from ? from.withheld === true : keepsBack(region, record, request.sections),
    ...lanes.map((lane) => lane.advance()),
  ]);
  let withheld = isKeptBack;
  const page: { readonly entry: PlacedEntry; readonly before: string }[] = [];
  let after = from?.after ?? beginning;
  let next: { readonly after: string } | undefined;
  let bytes = 0;
  for (let looked = 0; ; looked += 1) {
    const lane = newestOf(lanes);
    if (!lane?.head) break;
    const { head } = lane;
    const visibility = visibilityOf(record, head);
    // Of a label that came while this was read.
    if (visibility === 'withheld') withheld = true;
    const isWanted = visibility === 'shown' && meetsFilter(head, filter);
    if (isWanted) bytes += Buffer.byteLength(JSON.stringify(head.resource));
    const isFull = page.length === count || (page.length > 0 && bytes > largestPage);
    if ((isWanted && isFull) || looked === mostLookedAt) {
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
  const position = next && positionAfter(next.after);
  const firstAnswers = lanes.flatMap(({ firstAnswer }) => firstAnswer);
  return {
    entries: await maskReferences(
      region,
      record,
      page.map(({ entry }) => show(entry)),
    ),
    newest: firstAnswers.filter((entry) => visibilityOf(record, entry) === 'shown').map(show),
    withheld,
    answers: await Promise.all(
      lanes.map(async (lane) => ({ source: lane.source, found: await foundIn(lane) })),
    ),
    ...(position && { next: position }),
  };

  function show(entry: PlacedEntry): ShownEntry {
    const { name, type } = organisationOf(region.policy, entry.source.ods) ?? { name: entry.source.ods };
    return { ...entry, organisation: { name, ...(type && { type }) } };
  }

  /** Where a whole answer is hidden it is read on to the first entry that is not: more of what is hidden must not look like something. */
  async function foundIn(lane: Lane): Promise<SourceAnswer['found']> {
    if (lane.isSilent) return 'silent';
    const found = new Set(lane.firstAnswer.map((entry) => visibilityOf(record, entry)));
    if (found.has('shown') || page.some(({ entry }) => lane.holds(entry))) return 'entries';
    while (lane.head && visibilityOf(record, lane.head) !== 'shown') await lane.advance();
    if (lane.head) return 'entries';
    if (lane.isSilent) return 'silent';
    return found.has('withheld') ? 'hidden' : 'none';
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

function visibilityOf(record: OpenRecord, entry: PlacedEntry) {
  return record.visibilityOf({ ...entry, ods: entry.source.ods });
}

/**
 * Whether anything of the sections is withheld from the caller. The links say which records bear labels at all, so that as a
 * rule nothing is read for it; where they do, the sections of those records are read to the first entry that is withheld.
 */
async function keepsBack(
  region: Region,
  record: OpenRecord,
  sections: readonly SectionCode[],
): Promise<boolean> {
  const query = queryOf(region, record);
  const sources = sections.flatMap((section) =>
    record.sourcesOf(section).map((one) => ({ ...one, section })),
  );
  if (sources.some(({ sharing }) => sharing === 'withheld')) return true;
  const links = linksOf(record);
  const labelled = sources.filter(({ section, sharing, source }) => {
    const link = links.get(sourcePartition(source));
    return sharing === 'shared' && mayHold(link, section) && (!link?.sections || link.labels.length > 0);
  });
  const signal = AbortSignal.timeout(sourceBudget);
  const found = await Promise.all(
    labelled.map(async ({ section, source }) => {
      const range = { from: sectionPrefix(section), to: `${sectionPrefix(section)}${beginning}` };
      for (let after: string | undefined; ; ) {
        const page = await query(source, range, 200, after, signal).catch(() => undefined);
        // Of what cannot be read nobody can say that it is not withheld.
        if (!page || page.entries.some((entry) => visibilityOf(record, entry) === 'withheld')) return true;
        after = page.entries.at(-1)?.SK;
        if (!page.more || !after) return false;
      }
    }),
  );
  return found.includes(true);
}

/** How the entries of the record are asked for: those of now, or those of the instant of which it is. */
function queryOf({ store }: Region, { entries }: OpenRecord): EntryQuery {
  return entries?.query ?? ((...asked) => queryEntries(store, ...asked));
}

function linksOf({ links }: OpenRecord): ReadonlyMap<string, Link> {
  return new Map(links.map((link) => [sourcePartition(link.source), link]));
}

/** False where the link says that its record has nothing in the section: it is not asked. */
function mayHold(link: Link | undefined, section: SectionCode): boolean {
  return link?.sections?.includes(section) !== false;
}

/** The entries of one source, or of one section of it, as they are asked for one after another. */
interface Lane {
  readonly source: SourceRef;
  /** Names it in an {@link EntryPosition}. */
  readonly name: string;
  readonly start: string;
  readonly keyOf: (entry: PlacedEntry) => string;
  readonly holds: (entry: PlacedEntry) => boolean;
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
  const links = linksOf(record);
  const wanted = new Map<string, { source: SourceRef; sections: SectionCode[] }>();
  for (const section of sections)
    for (const { sharing, source } of record.sourcesOf(section)) {
      if (sharing !== 'shared' || filter.organisations?.has(source.ods) === false) continue;
      if (!mayHold(links.get(sourcePartition(source)), section)) continue;
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
    return openLane(queryOf(region, record), {
      ...lane,
      name,
      prefix,
      range,
      start,
      limit: count + 1,
      signal,
    });
  });
}

function openLane(
  query: EntryQuery,
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
    holds: (entry) =>
      sourcePartition(entry.source) === sourcePartition(source) && sections.includes(entry.section),
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
          const answer = await query(source, range, limit, last, signal);
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
