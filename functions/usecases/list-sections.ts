import type { Caller } from '../domain/access/caller.ts';
import { mayReadSection } from '../domain/access/decide-access.ts';
import { organisationOf } from '../domain/access/region-policy.ts';
import { type SectionCode, sectionCodes } from '../domain/record/section-codes.ts';
import { outlineEntries } from '../store/clinical-entry.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import type { Person } from '../store/person.ts';
import { type OpenRecord, openRecord } from './open-record.ts';
import type { Region, Result } from './region.ts';

/** One section as the list shows it. */
export interface SectionOutline {
  readonly section: SectionCode;
  readonly count: number;
  /** The newest clinical date, as text; absent when nothing is recorded. */
  readonly latest?: string;
  readonly sources: readonly {
    readonly organisation: string;
    readonly name: string;
    readonly count: number;
    /** Every source of this region is read in the same store: it has answered, with entries or with none recorded. */
    readonly state: 'recorded' | 'none-recorded';
    /** When the newest of its entries was received. */
    readonly lastUpdated?: string;
  }[];
}

/** The sections that the caller's role may open, with what the sharing organisations hold of each, or held at an instant. */
export async function listSections(
  region: Region,
  caller: Caller,
  { asOf, personId }: { readonly personId: string; readonly asOf?: string | undefined },
): Promise<Result<{ person: Person; sections: SectionOutline[] }>> {
  const opened = await openRecord(region, caller, personId, { permission: 'record.read', asOf });
  if (!opened.ok) return opened;
  const record = opened.value;
  const outline = record.entries?.outline ?? ((source: SourceRef) => outlineEntries(region.store, source));
  const outlines = new Map(
    await Promise.all(
      record.links.map(async ({ source }) => [sourcePartition(source), await outline(source)] as const),
    ),
  );
  const sections = sectionCodes
    .filter((section) => mayReadSection(region.policy, caller, section))
    .map((section): SectionOutline => {
      const sources = shared(record, section).map(({ source }) => {
        const entries = (outlines.get(sourcePartition(source)) ?? []).filter(
          (entry) =>
            entry.section === section && record.visibilityOf({ ods: source.ods, ...entry }) === 'shown',
        );
        const updated = newest(entries.map(({ validFrom }) => validFrom));
        return {
          organisation: source.ods,
          name: organisationOf(region.policy, source.ods)?.name ?? source.ods,
          count: entries.length,
          state: entries.length > 0 ? ('recorded' as const) : ('none-recorded' as const),
          latest: newest(entries.map(({ date }) => date)),
          ...(updated && { lastUpdated: updated }),
        };
      });
      const golden = section === 'demographics' ? [record.person.updatedAt] : [];
      const latest = newest([...golden, ...sources.flatMap((source) => source.latest ?? [])]);
      return {
        section,
        // The golden Patient is of no one source.
        count: sources.reduce((sum, source) => sum + source.count, section === 'demographics' ? 1 : 0),
        ...(latest && { latest }),
        sources: sources.map(({ latest: _, ...source }) => source),
      };
    });
  return { ok: true, value: { person: record.person, sections } };
}

function shared(record: OpenRecord, section: SectionCode) {
  return record.sourcesOf(section).filter(({ sharing }) => sharing === 'shared');
}

function newest(instants: readonly string[]): string | undefined {
  return instants.toSorted().at(-1);
}
