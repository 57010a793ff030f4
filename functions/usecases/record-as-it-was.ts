import type { Caller } from '../domain/access/caller.ts';
import { decidePatientAccess } from '../domain/access/decide-access.ts';
import { saidBy, sightUnder } from '../domain/access/objection.ts';
import { type EntryThen, openEntriesThen } from '../store/entries-then.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import { readAccessView } from '../store/person.ts';
import { loadPersonThen } from '../store/person-history.ts';
import { getSourceRecords } from '../store/source-record.ts';
import { instant } from '../store/store.ts';
import type { OpenRecord, SectionSource } from './open-record.ts';
import { type Refusal, type Region, type Result, refuse } from './region.ts';

/** The refusal of an instant of which nobody can know anything yet. */
export function refuseAhead({ store }: Region, asOf: string | undefined): Refusal | undefined {
  return asOf !== undefined && asOf > instant(store)
    ? refuse('INVALID_REQUEST', { issues: ['query._asOf: lies ahead'] })
    : undefined;
}

/** What a view of the past is made from. */
export interface ViewOfThen {
  /** Whom the caller asks for: under this id somebody else may have been shown then. */
  readonly personId: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly asOf: string;
  /** The record of today that the id opens; the caller has passed today's checks for it. */
  readonly today: OpenRecord;
  /** Today's checks for another person. */
  readonly openToday: (personId: string) => Promise<Result<OpenRecord>>;
}

/**
 * The record as the id showed it at an instant: the person, their source records, objections and entries of then. Nothing of
 * it is shown that today's rules would not show: whoever holds one of those source records today must be open to the caller
 * too, and today's objections and labels withhold besides those of then. Agreements and roles are today's
 * (docs/decisions/0018-as-it-was.md).
 */
export async function openAsItWas(
  region: Region,
  caller: Caller,
  { asOf, openToday, personId, today }: ViewOfThen,
): Promise<Result<OpenRecord>> {
  const { policy, store } = region;
  const then = await loadPersonThen(store, personId, asOf);
  if (!then) return refuse('PATIENT_NOT_FOUND', { personId });
  const { person, sources } = then;
  const holders = await openHolders(region, { ids: [person.personId], sources }, today, openToday);
  // Why somebody else is closed is not told here.
  if (!holders.ok) return refuse('NO_RELATIONSHIP', { personId });
  const holderOf = holders.value;

  const { objections } = await readAccessView(store, person.personId);
  const sight = sightUnder(saidBy(objections?.statements ?? [], asOf), caller.organisation, asOf);
  const state = { ...today, person, objection: { inForce: sight.refused } };
  const decision = decidePatientAccess(policy, caller, state, instant(store));
  if (!decision.allowed) return refuse(decision.code, { personId });

  noteOpened(region, person.personId, today.person.personId, objections?.version ?? 0);

  const held = sources.map((source) => ({ source, holder: holderOf(source) }));
  const own = new Set(sources.map(sourcePartition));
  return {
    ok: true,
    value: {
      person,
      links: held.flatMap(({ holder, source }) => holder.links.filter((link) => isSame(link.source, source))),
      relationships: today.relationships,
      ...(objections && { objections: { ...objections, statements: saidBy(objections.statements, asOf) } }),
      sourcesOf: (section) =>
        held.flatMap(({ holder, source }): SectionSource[] => {
          const now = holder.sourcesOf(section).find((one) => isSame(one.source, source));
          if (!now) return [];
          const isWithheld = now.sharing === 'shared' && sight.withholds(source.ods, section);
          return [isWithheld ? { source, sharing: 'withheld' } : now];
        }),
      visibilityOf: (entry) => visibilityThen(today, own, entry),
      asOf,
      entries: openEntriesThen(store, asOf),
    },
  };
}

/** The id under which somebody was shown then may be nobody's today: the look at it rests on what opened the record of today. */
function noteOpened({ opened }: Region, personId: string, todaysId: string, version: number): void {
  const basis = opened?.find((one) => one.personId === todaysId);
  if (basis && personId !== todaysId) opened?.push({ ...basis, personId, version });
}

/**
 * Whether a version of then is shown: by today's rules for it, and not where it has come to be confidential since, or was
 * corrected to be about somebody else (of a source record that is not among `own`).
 */
export function visibilityThen(
  today: Pick<OpenRecord, 'visibilityOf'>,
  own: ReadonlySet<string>,
  entry: Parameters<OpenRecord['visibilityOf']>[0] & Pick<EntryThen, 'now'>,
): ReturnType<OpenRecord['visibilityOf']> {
  const { now } = entry;
  if (now && !own.has(sourcePartition(now.source))) return 'withheld';
  const isWithheldNow = now && today.visibilityOf({ ...now, ods: now.source.ods }) === 'withheld';
  return isWithheldNow ? 'withheld' : today.visibilityOf(entry);
}

/** Opens, by today's rules, whoever holds the source records today; gives the record that each is part of. */
async function openHolders(
  { store }: Region,
  { ids, sources }: { readonly ids: readonly string[]; readonly sources: readonly SourceRef[] },
  today: OpenRecord,
  openToday: ViewOfThen['openToday'],
): Promise<Result<(source: SourceRef) => OpenRecord>> {
  const records = await getSourceRecords(store, sources);
  const holderIds = [...ids, ...[...records.values()].flatMap((record) => record.personId ?? [])];
  const opened = new Map<string, OpenRecord>([[today.person.personId, today]]);
  for (const id of new Set(holderIds)) {
    if (opened.has(id)) continue;
    const holder = await openToday(id);
    if (!holder.ok) return holder;
    opened.set(id, holder.value);
  }
  return {
    ok: true,
    value: (source) => opened.get(records.get(sourcePartition(source))?.personId ?? '') ?? today,
  };
}

function isSame(one: SourceRef, other: SourceRef): boolean {
  return sourcePartition(one) === sourcePartition(other);
}
