import type { Caller } from '../domain/access/caller.ts';
import { mayReadSection } from '../domain/access/decide-access.ts';
import { organisationOf } from '../domain/access/region-policy.ts';
import { type FeedFreshness, feedFreshness } from '../domain/record/feed-freshness.ts';
import { type SectionCode, sectionCodes } from '../domain/record/section-codes.ts';
import { type SourceFinding, type SourceState, stateSources } from '../domain/record/source-state.ts';
import { type EntryOutline, outlineEntries } from '../store/clinical-entry.ts';
import { getFeedStatuses } from '../store/feed-status.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import type { Person } from '../store/person.ts';
import { instant } from '../store/store.ts';
import { type OpenRecord, openRecord, type SectionSource } from './open-record.ts';
import { sourceBudget } from './read-entries.ts';
import type { Region, Result } from './region.ts';

/** An organisation as a list of sections names it. */
interface Sender {
  readonly ods: string;
  readonly name: string;
  readonly type?: string;
}

/** One section as the list shows it: what the caller may see of it, and nothing of what they may not. */
export interface SectionOutline {
  readonly section: SectionCode;
  readonly count: number;
  /** The newest clinical date, as text; absent when nothing is shown. */
  readonly latest?: string;
  /** Something is kept back; neither how much, nor whose, nor what. */
  readonly withheld: boolean;
  readonly sources: readonly (Sender & {
    readonly count: number;
    readonly state: SourceState;
    /** When the newest of its entries was received. */
    readonly lastUpdated?: string;
  })[];
}

/** The sections of a person, and how fresh what each organisation sends is. */
export interface SectionList {
  readonly person: Person;
  readonly sections: readonly SectionOutline[];
  /** None for a record as it was: the freshness of then is not kept. */
  readonly feeds: readonly (Sender & FeedFreshness)[];
}

/** The sections that the caller's role may open, with what the sharing organisations hold of each, or held at an instant. */
export async function listSections(
  region: Region,
  caller: Caller,
  { asOf, personId }: { readonly personId: string; readonly asOf?: string | undefined },
): Promise<Result<SectionList>> {
  const { policy, store } = region;
  const opened = await openRecord(region, caller, personId, { permission: 'record.read', asOf });
  if (!opened.ok) return opened;
  const record = opened.value;
  // Whose data the patient keeps back altogether is not named: the name alone can be a diagnosis.
  const named = sectionCodes.flatMap((section) => record.sourcesOf(section).filter(isNamed));
  const senders = new Map(named.map(({ source }) => [source.ods, senderOf(region, source.ods)]));
  const [outlines, statuses] = await Promise.all([
    outlineRecord(region, record),
    asOf === undefined ? getFeedStatuses(store, senders.keys()) : undefined,
  ]);
  const now = instant(store);
  return {
    ok: true,
    value: {
      person: record.person,
      sections: sectionCodes
        .filter((section) => mayReadSection(policy, caller, section))
        .map((section) => outlineSection(record, section, outlines, senders)),
      feeds: statuses
        ? [...senders.values()].map((sender) => ({
            ...sender,
            ...feedFreshness(policy, sender.ods, statuses.get(sender.ods)?.lastMessageAt, now),
          }))
        : [],
    },
  };
}

function isNamed({ sharing }: SectionSource): boolean {
  return sharing !== 'withheld';
}

function senderOf({ policy }: Region, ods: string): Sender {
  const { name, type } = organisationOf(policy, ods) ?? { name: ods };
  return { ods, name, ...(type && { type }) };
}

/** The outline of each source record by its partition; undefined where it could not be read in time. */
async function outlineRecord(
  { store }: Region,
  record: OpenRecord,
): Promise<ReadonlyMap<string, readonly EntryOutline[] | undefined>> {
  const signal = AbortSignal.timeout(sourceBudget);
  const outline = record.entries?.outline ?? ((source: SourceRef) => outlineEntries(store, source, signal));
  const outlines = record.links.map(
    async ({ source }) => [sourcePartition(source), await outline(source).catch(() => undefined)] as const,
  );
  return new Map(await Promise.all(outlines));
}

function outlineSection(
  record: OpenRecord,
  section: SectionCode,
  outlines: ReadonlyMap<string, readonly EntryOutline[] | undefined>,
  senders: ReadonlyMap<string, Sender>,
): SectionOutline {
  const shown: (EntryOutline & { readonly ods: string })[] = [];
  let withheld = false;
  const findings = record.sourcesOf(section).map(({ sharing, source }): SourceFinding => {
    const { ods } = source;
    if (sharing === 'withheld') withheld = true;
    if (sharing !== 'shared') return { ods, found: sharing };
    const outline = outlines.get(sourcePartition(source));
    if (!outline) return { ods, found: 'silent' };
    const entries = outline.filter((entry) => entry.section === section).map((entry) => ({ ...entry, ods }));
    const visible = entries.filter((entry) => record.visibilityOf(entry) === 'shown');
    const isHidden = entries.some((entry) => record.visibilityOf(entry) === 'withheld');
    if (isHidden) withheld = true;
    shown.push(...visible);
    if (visible.length > 0) return { ods, found: visible.every(saysNone) ? 'none-known' : 'shown' };
    return { ods, found: isHidden ? 'hidden' : 'nothing' };
  });
  const golden = section === 'demographics' ? [record.person.updatedAt] : [];
  const latest = newest([...golden, ...shown.map(({ date }) => date)]);
  return {
    section,
    // The golden Patient is of no one source.
    count: shown.length + golden.length,
    withheld,
    ...(latest && { latest }),
    sources: [...stateSources(findings, withheld)].map(([ods, state]) => {
      const own = shown.filter((entry) => entry.ods === ods);
      const lastUpdated = newest(own.map(({ validFrom }) => validFrom));
      return {
        ...(senders.get(ods) ?? { ods, name: ods }),
        state,
        count: own.length,
        ...(lastUpdated && { lastUpdated }),
      };
    }),
  };
}

function saysNone({ noneKnown }: EntryOutline): boolean {
  return noneKnown === 'all';
}

function newest(instants: readonly string[]): string | undefined {
  return instants.toSorted().at(-1);
}
