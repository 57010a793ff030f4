import type { Patient } from 'fhir/r4.js';
import type { Demographics } from '../../domain/identity/demographics.ts';
import type { FieldEvidence } from '../../domain/matching/score-candidate.ts';
import { type GoldenPerson, writePatient } from '../fhir/patient-answer.ts';

type SideLike =
  | { readonly kind: 'person'; readonly person: GoldenPerson }
  | {
      readonly kind: 'record' | 'set-aside-message';
      readonly message: {
        readonly source: { readonly ods: string; readonly local: string };
        readonly patient: Patient;
        readonly demographics: Demographics;
        readonly nhsNumber?: string;
        readonly receivedAt: string;
      };
    };

interface ShownTaskLike {
  readonly task: {
    readonly id: string;
    readonly kind: string;
    readonly reason: string;
    readonly status: string;
    readonly createdAt: string;
    readonly version: number;
    readonly assignee?: string;
    readonly score?: number;
    readonly policyVersion?: string;
    readonly decision?: {
      readonly decision: string;
      readonly at: string;
      readonly by: { readonly name: string; readonly organisation: string };
      readonly comment?: string;
    };
  };
  readonly sides: readonly SideLike[];
  readonly comparison?: {
    readonly score: number;
    readonly fields: readonly FieldEvidence[];
    readonly guard?: string;
    readonly policyVersion: string;
  };
  readonly hidesLocation: boolean;
}

/** A review task as plain JSON (FHIR has no worklist of identities): both sides, and how they compare field by field. */
export function writeReviewTask({ comparison, hidesLocation, sides, task }: ShownTaskLike) {
  const { assignee, createdAt, decision, id, kind, policyVersion, reason, score, status, version } = task;
  return {
    id,
    kind,
    reason,
    status,
    createdAt,
    version,
    ...(assignee && { assignee }),
    // What the machine gave weighs addresses too, and would tell whether they agree.
    ...(score !== undefined && !hidesLocation && { score: rounded(score, 4) }),
    ...(policyVersion && { policy: policyVersion }),
    sides: sides.map((side) => writeSide(side, hidesLocation)),
    ...(comparison && {
      comparison: {
        score: rounded(comparison.score, 4),
        policy: comparison.policyVersion,
        ...(comparison.guard && { guard: comparison.guard }),
        fields: comparison.fields.map(({ field, outcome, termFrequency, weight }) => ({
          field,
          outcome,
          weight: rounded(weight, 2),
          ...(termFrequency !== undefined && { termFrequency: rounded(termFrequency, 2) }),
        })),
      },
    }),
    ...(decision && {
      decision: {
        decision: decision.decision,
        at: decision.at,
        by: { name: decision.by.name, organisation: decision.by.organisation },
        ...(decision.comment && { comment: decision.comment }),
      },
    }),
  };
}

function writeSide(side: SideLike, hidesLocation: boolean) {
  if (side.kind === 'person') {
    const { person } = side;
    return { kind: side.kind, person: person.personId, patient: toPatient(person, hidesLocation) };
  }
  const { demographics, nhsNumber, patient, receivedAt, source } = side.message;
  const shown = {
    personId: source.local,
    version: 1,
    demographics,
    resource: patient,
    ...(nhsNumber && { nhsNumber }),
  };
  return {
    kind: side.kind,
    organisation: source.ods,
    receivedAt,
    patient: toPatient(shown, hidesLocation),
  };
}

function toPatient(person: GoldenPerson, hidesLocation: boolean): Patient {
  const written = writePatient(person);
  if (!hidesLocation) return written;
  const { address: _, generalPractitioner: __, telecom: ___, ...patient } = written;
  return patient;
}

function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  // Adding 0 turns -0, which JSON cannot hold, into 0.
  return Math.round(value * factor) / factor + 0;
}
