import type { Caller } from '../access/caller.ts';
import type { ErrorCode } from '../error-catalogue.ts';
import type { LinkGrounds } from '../identity/link-grounds.ts';
import type { SectionCode } from '../record/section-codes.ts';

/** FHIR audit-event-action: create, read, update, execute (search and match). */
export type AuditAction = 'C' | 'R' | 'U' | 'E';

/** Why somebody was in the answer to a match, so that the decision can be worked out again (replayGrounds). */
export interface MatchDecision {
  /** The version of the weights, or the rule of the NHS number. */
  readonly policyVersion: string;
  readonly score: number;
  readonly grade: string;
  readonly grounds?: LinkGrounds;
}

/** Names of entries that an audit entry lists: 14 KB at most, which is as many write units, and far below a log entry's 64 KB. */
export const longestResourceList = 200;

/** What happened to a request, in the fields that GP Connect and IHE BALP ask for. */
export interface AuditEvent {
  readonly operation: string;
  readonly action: AuditAction;
  readonly caller: Caller;
  /** What the caller's organisation was called then; absent for one that the region did not list. */
  readonly organisationName?: string;
  /** The X-Request-ID of the request. */
  readonly requestId: string;
  readonly outcome: 'success' | 'refused' | 'failed';
  readonly errorCode?: ErrorCode;
  /** Why, more closely than the caller is told: static words. */
  readonly reason?: string;
  /** The person whose data was disclosed, changed or asked for, when one is known to exist. */
  readonly personId?: string;
  readonly section?: SectionCode;
  /** How many resources of this person the answer held. */
  readonly resourceCount?: number;
  /** Which entries, as `Type/id` under their opaque ids: so that it can be said later what was shown. */
  readonly resources?: readonly string[];
  /**
   * In place of a list longer than {@link longestResourceList}: SHA-256 (hex) of `salt` and the sorted names, a line each. A
   * list that is made again (`_asOf` that moment) can be held against it.
   */
  readonly resourcesDigest?: string;
  /** Of a match: the decision behind the disclosure. */
  readonly match?: MatchDecision;
  /** SHA-256 (hex) of the exact body that was released, salted with `salt`, so an entry can be held against a reply. */
  readonly bodyDigest?: string;
  readonly salt?: string;
}

/** A stored {@link AuditEvent}. */
export interface AuditEntry extends AuditEvent {
  /** ULID: sorts by time. */
  readonly id: string;
  /** ISO 8601 UTC instant. */
  readonly recordedAt: string;
  /** The execution environment that wrote it, and its own gapless sequence: a missing number shows a missing entry. */
  readonly writerId: string;
  readonly writerSequence: number;
  /** SHA-256 (base64) of the writer's entry before this one, as the log hashes it; absent from its first. */
  readonly previousHash?: string;
  /** Numbers that this writer gave to entries which it could store nowhere, from and to: nothing was released with them. */
  readonly abandoned?: readonly (readonly [number, number])[];
}

/** An {@link AuditEntry}, or the sign of life that the log gets each minute. */
export type LogEntry = Pick<
  AuditEntry,
  'id' | 'recordedAt' | 'writerId' | 'writerSequence' | 'previousHash' | 'abandoned'
>;
