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
  readonly queuedForReview: number;
  /** Patients in quarantine, and why. */
  readonly quarantine: readonly Rejection[];
  readonly rejected: readonly Rejection[];
}

/** Why a patient is held and not served, in words. */
const quarantineReasons: ReadonlyMap<string, string> = new Map([
  ['nhs-number-invalid', 'its NHS number fails the check digit (Modulus 11)'],
  ['nhs-number-not-verified', 'its NHS number is not marked as verified'],
  ['nhs-number-of-another-person', 'its NHS number belongs to somebody with other demographics'],
]);

/** Counts outcomes as they come in. */
export function startSummary(organisation: string, files: number) {
  const fates = new Map<string, number>();
  const quarantine: Rejection[] = [];
  const rejected: Rejection[] = [];
  let accepted = 0;
  let queuedForReview = 0;

  function addOne(outcome: ItemOutcome): void {
    const { file, label: resource } = outcome.item;
    if (outcome.kind === 'rejected') {
      rejected.push({ file, resource, reason: outcome.reason });
      return;
    }
    accepted += 1;
    fates.set(outcome.fate, (fates.get(outcome.fate) ?? 0) + 1);
    if (outcome.remarks.includes('possible-duplicate')) queuedForReview += 1;
    const [reason] = outcome.remarks.flatMap((remark) => quarantineReasons.get(remark) ?? []);
    if (reason !== undefined) quarantine.push({ file, resource, reason });
  }

  return {
    reject(more: readonly Rejection[]): void {
      rejected.push(...more);
    },
    add(outcomes: readonly ItemOutcome[]): void {
      for (const outcome of outcomes) addOne(outcome);
    },
    read(): LoadSummary {
      const count = (fate: string) => fates.get(fate) ?? 0;
      return {
        organisation,
        files,
        accepted,
        personsCreated: count('person-created'),
        linked: count('person-linked'),
        updated: count('person-updated'),
        entriesStored: count('stored'),
        unchanged: count('unchanged'),
        stale: count('stale'),
        quarantined: quarantine.length,
        queuedForReview,
        quarantine,
        rejected,
      };
    },
  };
}
