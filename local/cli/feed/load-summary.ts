import type { Rejection } from './resource-item.ts';
import type { ItemOutcome } from './send-transaction.ts';

/** What a load did. */
export interface LoadSummary {
  /** ODS code of the sender. */
  readonly organisation: string;
  readonly files: number;
  /** Resources that the region took, those in quarantine included. */
  readonly accepted: number;
  readonly personsCreated: number;
  readonly linked: number;
  readonly updated: number;
  readonly entriesStored: number;
  readonly unchanged: number;
  readonly stale: number;
  readonly quarantined: number;
  /** Messages that look like somebody else than the record they are for: the record stays as it was. */
  readonly setAside: number;
  /** A person has to look: a possible duplicate, a claimed number, or a message that was set aside. */
  readonly queuedForReview: number;
  /** Of all these, what an earlier run of the same load did before it was interrupted. */
  readonly resumed: number;
  /** Patients in quarantine or set aside, and why: the first {@link listedRejections}. */
  readonly quarantine: readonly Rejection[];
  readonly rejectedCount: number;
  /** The first {@link listedRejections}. */
  readonly rejected: readonly Rejection[];
}

/** More are counted, but not listed: a file of ten million bad rows must not fill the memory. */
const listedRejections = 10_000;

/** What became of some resources, in numbers: plain data that a journal can hold, and that adds up. */
export interface Tally {
  readonly fates: Readonly<Record<string, number>>;
  readonly queuedForReview: number;
  readonly quarantine: readonly Rejection[];
  readonly rejectedCount: number;
  readonly rejected: readonly Rejection[];
}

/** Nothing done yet. */
export const emptyTally: Tally = {
  fates: {},
  queuedForReview: 0,
  quarantine: [],
  rejectedCount: 0,
  rejected: [],
};

/** Why a patient is held and not served, in words. */
const quarantineReasons: ReadonlyMap<string, string> = new Map([
  ['nhs-number-invalid', 'its NHS number fails the check digit (Modulus 11)'],
  ['nhs-number-not-verified', 'its NHS number is not marked as verified'],
  ['nhs-number-of-another-person', 'its NHS number belongs to somebody with other demographics'],
  ['nhs-number-changed', 'it has another verified NHS number than the record it is for'],
  ['overlay', 'it looks like somebody else than the record it is for'],
]);

/** What a registration answers when it has put a doubt to a person. */
const reviewed: ReadonlySet<string> = new Set([
  'possible-duplicate',
  'nhs-number-of-another-person',
  'nhs-number-changed',
  'overlay',
]);

/** Counts what the region answered, and what was not sent at all. */
export function tallyOf(outcomes: readonly ItemOutcome[], notSent: readonly Rejection[] = []): Tally {
  const fates: Record<string, number> = {};
  const quarantine: Rejection[] = [];
  const rejected = [...notSent];
  let queuedForReview = 0;
  for (const outcome of outcomes) {
    const { file, label: resource } = outcome.item;
    if (outcome.kind === 'rejected') {
      rejected.push({ file, resource, reason: outcome.reason });
      continue;
    }
    fates[outcome.fate] = (fates[outcome.fate] ?? 0) + 1;
    if (outcome.remarks.some((remark) => reviewed.has(remark))) queuedForReview += 1;
    const [reason] = outcome.remarks.flatMap((remark) => quarantineReasons.get(remark) ?? []);
    if (reason !== undefined) quarantine.push({ file, resource, reason });
  }
  return {
    fates,
    queuedForReview,
    quarantine,
    rejectedCount: rejected.length,
    rejected,
  };
}

/** Both together. */
export function addTallies(first: Tally, second: Tally): Tally {
  const fates: Record<string, number> = { ...first.fates };
  for (const [fate, count] of Object.entries(second.fates)) fates[fate] = (fates[fate] ?? 0) + count;
  return {
    fates,
    queuedForReview: first.queuedForReview + second.queuedForReview,
    quarantine: joinListed(first.quarantine, second.quarantine),
    rejectedCount: first.rejectedCount + second.rejectedCount,
    rejected: joinListed(first.rejected, second.rejected),
  };
}

function joinListed(first: readonly Rejection[], second: readonly Rejection[]): readonly Rejection[] {
  const room = listedRejections - first.length;
  return room <= 0 || second.length === 0 ? first : [...first, ...second.slice(0, room)];
}

/** The summary of a load; `earlier` is the part of `tally` that an interrupted run had done. */
export function summarise(
  sent: { readonly organisation: string; readonly files: number },
  tally: Tally,
  earlier: Tally = emptyTally,
): LoadSummary {
  const count = (fate: string) => tally.fates[fate] ?? 0;
  return {
    ...sent,
    accepted: acceptedOf(tally),
    personsCreated: count('person-created'),
    linked: count('person-linked'),
    updated: count('person-updated'),
    entriesStored: count('stored'),
    unchanged: count('unchanged'),
    stale: count('stale'),
    quarantined: count('quarantined'),
    setAside: count('set-aside'),
    queuedForReview: tally.queuedForReview,
    resumed: acceptedOf(earlier) + earlier.rejectedCount,
    quarantine: tally.quarantine,
    rejectedCount: tally.rejectedCount,
    rejected: tally.rejected,
  };
}

function acceptedOf({ fates }: Tally): number {
  return Object.values(fates).reduce((sum, count) => sum + count, 0);
}
