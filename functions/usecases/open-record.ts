import { sharesSection } from '../domain/access/agreement.ts';
import type { Caller } from '../domain/access/caller.ts';
import { ageBandOf } from '../domain/access/childhood.ts';
import {
  decideOperation,
  decidePatientAccess,
  mayReadSection,
  overridingAlert,
} from '../domain/access/decide-access.ts';
import { entryVisibility, type LabelledEntry } from '../domain/access/entry-visibility.ts';
import { type ObjectionSight, sightUnder } from '../domain/access/objection.ts';
import type { Relationship } from '../domain/access/relationship.ts';
import type { Permission } from '../domain/access/roles.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import type { EntriesThen } from '../store/entries-then.ts';
import type { SourceRef } from '../store/keys.ts';
import { type AccessView, loadAccessView, type Person } from '../store/person.ts';
import { instant } from '../store/store.ts';
import { openAsItWas, refuseAhead } from './record-as-it-was.ts';
import { type Region, type Result, refuse } from './region.ts';

/** One source record of a person, and whether the caller may see what it holds of a section. */
export interface SectionSource {
  readonly source: SourceRef;
  /** `not-shared`: its organisation does not share the section; `withheld`: the patient does not want it shown here. */
  readonly sharing: 'shared' | 'not-shared' | 'withheld';
}

/** An {@link AccessView} of a person whom the caller may see, and what of the record they may see: every reader asks it. */
export interface OpenRecord extends AccessView {
  readonly person: Person;
  readonly sourcesOf: (section: SectionCode) => readonly SectionSource[];
  /** Whether one entry of a shared source is shown. */
  readonly visibilityOf: (entry: LabelledEntry) => ReturnType<typeof entryVisibility>;
  /** The instant of which it is, in UTC with milliseconds; absent for the record of now. */
  readonly asOf?: string;
  /** The entries of that instant; absent for the record of now. */
  readonly entries?: EntriesThen;
}

/** What a reader needs of a record. */
export interface RecordNeed {
  readonly permission: Permission;
  readonly section?: SectionCode;
  readonly despiteObjection?: boolean;
  /** The record as it was at this instant, in UTC with milliseconds; it must not lie ahead. */
  readonly asOf?: string | undefined;
}

/** The one door to a patient: today's checks, whatever the instant of which the record is asked for. */
export async function openRecord(
  region: Region,
  caller: Caller,
  personId: string,
  need: RecordNeed,
): Promise<Result<OpenRecord>> {
  const { asOf } = need;
  const ahead = refuseAhead(region, asOf);
  if (ahead) return ahead;
  const openToday = (id: string) => openRecordOfNow(region, caller, id, need);
  const today = await openToday(personId);
  if (!today.ok || asOf === undefined) return today;
  return openAsItWas(region, caller, { personId, asOf, today: today.value, openToday });
}

/**
 * Agreement and role, then one strongly consistent read, then relationship, and only then the patient's own state.
 * `despiteObjection` is for the objection itself, which must be readable and reversible; every other
 * record is noted in {@link Region.opened}, to be looked at again before the answer is released.
 */
async function openRecordOfNow(
  { opened, policy, store }: Region,
  caller: Caller,
  personId: string,
  need: RecordNeed,
): Promise<Result<OpenRecord>> {
  const operation = decideOperation(policy, caller, need.permission, need.section);
  if (!operation.allowed) return refuse(operation.code);
  const view = await loadAccessView(store, personId);
  const now = instant(store);
  const { objections, person } = view;
  const alert = overridingAlert(policy, caller, view.relationships, now);
  const sight = sightUnder(alert ? [] : (objections?.statements ?? []), caller.organisation, now);
  const state = { ...view, objection: { inForce: sight.refused && !need.despiteObjection } };
  const decision = decidePatientAccess(policy, caller, state, now);
  if (decision.allowed && person) {
    const grounds = groundsOf(alert ?? decision.proof, person, now, need.asOf);
    if (!need.despiteObjection)
      opened?.push({ personId: person.personId, version: objections?.version ?? 0, grounds });
    return { ok: true, value: { ...view, person, ...sightOf(policy, caller, view, sight) } };
  }
  return refuse(decision.allowed ? 'PATIENT_NOT_FOUND' : decision.code, person ? { personId } : {});
}

/** On what an access rests, in static words for the audit; a look at a young child is marked, and one at the past. */
function groundsOf(
  proof: Relationship | undefined,
  { demographics: { birthDate } }: Person,
  now: string,
  asOf: string | undefined,
): string {
  const isYoung = ageBandOf(birthDate, now.slice(0, 10)) === 'under-13';
  return [
    proof ? `relationship: ${proof.kind}` : 'role',
    ...(isYoung ? ['patient under 13'] : []),
    ...(asOf ? [`as of ${asOf}`] : []),
  ].join('; ');
}

/** Agreements, objections and labels: an organisation always sees its own; a section that the caller may not open has no sources. */
function sightOf(
  policy: Region['policy'],
  caller: Caller,
  { links }: AccessView,
  objected: ObjectionSight,
): Pick<OpenRecord, 'sourcesOf' | 'visibilityOf'> {
  const sharingOf = (ods: string, section: SectionCode): SectionSource['sharing'] => {
    if (ods !== caller.organisation && !sharesSection(policy, ods, section, caller)) return 'not-shared';
    return objected.withholds(ods, section) ? 'withheld' : 'shared';
  };
  return {
    sourcesOf: (section) =>
      (mayReadSection(policy, caller, section) ? links : []).map(({ source }) => ({
        source,
        sharing: sharingOf(source.ods, section),
      })),
    visibilityOf: (entry) => entryVisibility(policy, caller, entry),
  };
}
