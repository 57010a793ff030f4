import type { Caller } from '../domain/access/caller.ts';
import { mayReadSection } from '../domain/access/decide-access.ts';
import { organisationName } from '../domain/access/region-policy.ts';
import { type Disagreement, findDisagreements, isCompared } from '../domain/record/disagreement.ts';
import { type FoldedEntry, foldDuplicates } from '../domain/record/fold-duplicates.ts';
import { noneKnown } from '../domain/record/none-known.ts';
import { type SectionCode, sectionCodes } from '../domain/record/section-codes.ts';
import type { Emptiness } from '../formats/fhir/summary.ts';
import { type MandatorySection, mandatoryPlaces, summaryPlace } from '../formats/fhir/summary-sections.ts';
import type { Person } from '../store/person.ts';
import { instant } from '../store/store.ts';
import { type OpenRecord, openRecord } from './open-record.ts';
import { type EntryPage, readEntries, type ShownEntry } from './read-entries.ts';
import { statementsOf } from './read-section.ts';
import type { Region, Result } from './region.ts';

/** What a summary shows of one person. */
export interface RecordSummary {
  /** ISO 8601 UTC instant at which the record was read. */
  readonly madeAt: string;
  readonly person: Person;
  /** Section by section in the order of the sections, newest first in each. */
  readonly entries: readonly FoldedEntry<ShownEntry>[];
  /** What organisations say differently, by section. */
  readonly disagreements: Partial<Record<SectionCode, readonly Disagreement[]>>;
  /** Why a section that a summary always has holds no entry. */
  readonly empty: Partial<Record<MandatorySection, Emptiness>>;
  /** Something was kept back; neither how much, nor whose, nor what. */
  readonly withheld: boolean;
  /** ODS codes of the organisations whose records could not be read in time. */
  readonly silent: readonly string[];
  /** The record is larger than a summary: only the newest entries of each section are here. */
  readonly isPartial: boolean;
  readonly nameOf: (ods: string) => string;
}

/** Entries at most; a larger record is summarised by the newest of each section. */
export const largestSummary = 1_000;

/** Entries of each section that are looked at where the whole record is too large. */
const newestPerSection = 100;

/** Bytes of resources at most: a function answers 6 MB at most, and the narrative comes on top. */
const largestBytes = 3_500_000;

/**
 * Everything of one person's record that the caller may see, as far as it is no larger than a summary can be: one round of
 * Queries, and one more where a section that must not be missing is empty, to say why.
 */
export async function summariseRecord(
  region: Region,
  caller: Caller,
  request: { personId: string; asOf?: string | undefined },
): Promise<Result<RecordSummary>> {
  const { policy } = region;
  const open = sectionCodes.filter((section) => mayReadSection(policy, caller, section));
  const opensMandatory = mandatory.some((section) => open.includes(section));
  // To a role that opens none of them a summary would say nothing: it is refused as a section would be.
  const need = opensMandatory ? {} : { section: 'conditions' as const };
  const opened = await openRecord(region, caller, request.personId, {
    permission: 'record.read',
    asOf: request.asOf,
    ...need,
  });
  if (!opened.ok) return opened;
  const record = opened.value;
  const pages = await readPages(region, record, open);
  const found = pages.flatMap((page) => page.entries);
  const entries = fill(found);
  const empty = await Promise.all(
    mandatory
      .filter((section) => !entries.some((entry) => placeOf(entry) === mandatoryPlaces[section]))
      .map(async (section) => {
        const emptiness = open.includes(section) ? await emptinessOf(region, record, section) : 'not-open';
        return [section, emptiness] as const;
      }),
  );
  const silent = pages.flatMap(({ answers }) => answers.filter(({ found }) => found === 'silent'));
  return {
    ok: true,
    value: {
      madeAt: instant(region.store),
      nameOf: (ods) => organisationName(policy, ods),
      person: record.person,
      entries: foldDuplicates(entries),
      disagreements: Object.fromEntries(
        open.filter(isCompared).map((section) => {
          const own = entries.filter((entry) => entry.section === section);
          return [section, findDisagreements(section, statementsOf(own))];
        }),
      ),
      empty: Object.fromEntries(empty),
      withheld: pages.some((page) => page.withheld),
      silent: [...new Set(silent.map(({ source }) => source.ods))],
      isPartial: entries.length < found.length || pages.some(({ next }) => next !== undefined),
    },
  };
}

const mandatory = Object.keys(mandatoryPlaces) as readonly MandatorySection[];

function placeOf({ resource, section }: ShownEntry) {
  return summaryPlace(section, resource);
}

async function readPages(
  region: Region,
  record: OpenRecord,
  sections: readonly SectionCode[],
): Promise<EntryPage[]> {
  const whole = await readEntries(region, record, { sections, count: largestSummary, order: 'section' });
  if (!whole.next) return [whole];
  return Promise.all(
    sections.map((section) => readEntries(region, record, { sections: [section], count: newestPerSection })),
  );
}

/** The newest of each section in turn, until the summary is full; in the order of the sections. */
function fill(entries: readonly ShownEntry[]): ShownEntry[] {
  const bySection = sectionCodes.map((section) => entries.filter((entry) => entry.section === section));
  const kept = bySection.map((): ShownEntry[] => []);
  let count = 0;
  let bytes = 0;
  const deepest = Math.max(...bySection.map(({ length }) => length));
  for (let rank = 0; rank < deepest; rank += 1)
    for (const [index, ranked] of bySection.entries()) {
      const entry = ranked[rank];
      if (!entry) continue;
      count += 1;
      bytes += Buffer.byteLength(JSON.stringify(entry.resource));
      if (count > largestSummary || bytes > largestBytes) return kept.flat();
      kept[index]?.push(entry);
    }
  return kept.flat();
}

/** Why a section of the summary has no entry: what cannot be read first, and "none known" only where a source says so. */
async function emptinessOf(
  region: Region,
  record: OpenRecord,
  section: MandatorySection,
): Promise<Emptiness> {
  const page = await readEntries(region, record, { sections: [section], count: newestPerSection });
  if (page.answers.some(({ found }) => found === 'silent')) return 'unavailable';
  if (page.withheld) return 'withheld';
  if (page.entries.some(({ resource }) => noneKnown({ ...resource }) === 'all')) return 'none-known';
  if (page.entries.length > 0) return 'none-current';
  const isShared = record.sourcesOf(section).some(({ sharing }) => sharing === 'shared');
  return isShared || record.links.length === 0 ? 'none-recorded' : 'not-shared';
}
