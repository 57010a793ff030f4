import type { RegionPolicy } from '../domain/access/region-policy.ts';
import type { MatchDecision } from '../domain/audit/audit-entry.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import type { MatchPolicy } from '../domain/matching/match-policy.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import type { FeedFormat } from '../store/reject.ts';
import type { Store } from '../store/store.ts';

/** What every use case works with: the region's rules and its store. */
export interface Region {
  readonly policy: RegionPolicy;
  readonly store: Store;
  /** Weights and thresholds other than the shipped ones, to measure them. */
  readonly matchPolicy?: MatchPolicy;
  /** The records that this request has opened: what their patients have said is looked at again before the answer is released. */
  readonly opened?: OpenedRecord[];
}

/** A record that was opened, and the version of what its patient had said of sharing by then; 0 for nothing. */
export interface OpenedRecord {
  readonly personId: string;
  readonly version: number;
  /** On what the access rests, in static words: for the audit. */
  readonly grounds: string;
}

/** A part of an answer that is about one person; each becomes an audit entry before the answer is released. */
export interface Disclosure {
  /** Absent where the details are of a record that is nobody's. */
  readonly personId?: string;
  readonly section?: SectionCode;
  readonly resourceCount: number;
  /** The entries of this person that the answer held, as `Type/id` under their opaque ids. */
  readonly resources?: readonly string[];
  readonly match?: MatchDecision;
  /** On what it rests, in static words: for the audit. */
  readonly reason?: string;
}

/** A request that was not granted, for the audit and the caller. */
export interface Refusal {
  readonly ok: false;
  readonly code: ErrorCode;
  /** The person it was about, when one exists; for the audit only. */
  readonly personId?: string;
  /** FHIRPath-like places and static words that say what is wrong; never values. */
  readonly issues?: readonly string[];
  /** What the caller is told in place of the code's status and OperationOutcome, where the format has an answer of its own. */
  readonly answer?: RefusalAnswer;
}

/** See {@link Refusal.answer}. */
export interface RefusalAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
  /** How the message is kept, where it has an id of its own and is no JSON. */
  readonly reject?: { readonly format: FeedFormat; readonly messageId: string; readonly message: string };
}

/** A use case's result. */
export type Result<Value> = { readonly ok: true; readonly value: Value } | Refusal;

/** The refusal with the given code. */
export function refuse(code: ErrorCode, details: Omit<Refusal, 'ok' | 'code'> = {}): Refusal {
  return { ok: false, code, ...details };
}
