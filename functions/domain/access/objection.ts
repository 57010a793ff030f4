import type { SectionCode } from '../record/section-codes.ts';

/**
 * What an objection is against. Only `direct-care` bears on who may see the record. The national data opt-out (DCB3058) and a
 * Type 1 opt-out are about research and planning: they are kept and shown, and a reader for direct care never asks for them.
 */
export const objectionKinds = ['direct-care', 'national-data-opt-out', 'type-1'] as const;

/** See {@link objectionKinds}. */
export type ObjectionKind = (typeof objectionKinds)[number];

/** What of the record it covers: every list that is given must apply; without any it is the whole record, for everybody. */
export interface ObjectionScope {
  /** What these organisations (ODS codes) sent is shown to no other. */
  readonly sources?: readonly string[] | undefined;
  /** These organisations may not look. */
  readonly viewers?: readonly string[] | undefined;
  readonly sections?: readonly SectionCode[] | undefined;
}

/** Who asked for it: the patient, somebody who speaks for them, or a professional who decided with them. */
export const askers = ['patient', 'representative', 'professional'] as const;

interface Said {
  readonly id: string;
  /** Since when this person's record says so; ISO 8601 UTC, as all instants here. */
  readonly recordedAt: string;
  readonly recordedBy: {
    readonly subject: string;
    readonly name: string;
    readonly organisation: string;
    readonly role?: string | undefined;
  };
  /** The organisation on whose behalf it was recorded, and whose area's rules it came under. */
  readonly onBehalfOf: string;
  readonly askedBy: (typeof askers)[number];
  readonly reason?: string | undefined;
  /** It was said of somebody else, or of a number that was nobody's yet: since when it was known there. */
  readonly came?: Came | undefined;
}

/** How a statement came to this person. */
export interface Came {
  /** `number`: it was held for the number; the others: from the person with whom this one was, or is, one. */
  readonly how: 'number' | 'merge' | 'unmerge' | 'moved-record';
  readonly from?: string;
  /** The statement's id there. */
  readonly id: string;
  readonly recordedAt: string;
}

/** An objection to sharing. */
export interface Objection extends Said {
  readonly says: 'objection';
  readonly kind: ObjectionKind;
  readonly scope: ObjectionScope;
  /** In force from this instant; at once when absent, whatever the clock of whoever reads says. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /**
   * A second person must still confirm it. It is in force meanwhile: who has objected may have sharing stopped while the
   * objection is considered (UK GDPR, article 18(1)(d)).
   */
  readonly awaitsConfirmation?: true | undefined;
  /** The pseudonym of the NHS number by which it was recorded: where that number turns out to be another's, it goes along. */
  readonly ofNumber?: string | undefined;
}

/** The reversal of one objection. */
export interface Reversal extends Said {
  readonly says: 'reversal';
  readonly reverses: string;
  /** At once when absent. */
  readonly from?: string | undefined;
  readonly kind: ObjectionKind;
  readonly scope: ObjectionScope;
}

/** The second step: somebody else confirms an objection. */
export interface Confirmation extends Said {
  readonly says: 'confirmation';
  readonly confirms: string;
}

/** What was said about sharing one person's record, in the order in which it was recorded; nothing is ever taken out. */
export type ObjectionStatement = Objection | Reversal | Confirmation;

/** What somebody wants said. */
export interface ObjectionRequest
  extends Pick<Objection, 'askedBy' | 'reason' | 'kind' | 'scope' | 'from' | 'until'> {
  readonly says: ObjectionStatement['says'];
  /** The statement that is reversed or confirmed. */
  readonly about?: string | undefined;
  /** An ODS code; the caller's own organisation when absent. */
  readonly onBehalfOf?: string | undefined;
}

/** What had been said by the instant `at`: with it the functions below tell how things stood then. */
export function saidBy(statements: readonly ObjectionStatement[], at: string): ObjectionStatement[] {
  return statements.filter(({ recordedAt }) => recordedAt <= at);
}

/** The objections that are not over at `at`: those in force and those still to begin. */
export function standingAt(statements: readonly ObjectionStatement[], at: string): Objection[] {
  const over = new Set(
    statements.flatMap((one) => (one.says === 'reversal' && hasBegun(one, at) ? one.reverses : [])),
  );
  return statements.filter(
    (one): one is Objection =>
      one.says === 'objection' && !over.has(one.id) && (one.until === undefined || at < one.until),
  );
}

/** True when a statement that may be dated ahead has effect at `at`. */
export function hasBegun({ from }: { readonly from?: string | undefined }, at: string): boolean {
  return from === undefined || from <= at;
}

/** What the objections in force mean for one viewer. */
export interface ObjectionSight {
  /** The viewer is shown nothing. */
  readonly refused: boolean;
  /** Whether what the source holds of the section is kept from the viewer. Nobody is kept from what they sent. */
  readonly withholds: (source: string, section: SectionCode) => boolean;
}

/** What the statements mean at `at` for staff of the organisation `viewer` who look for direct care. */
export function sightUnder(
  statements: readonly ObjectionStatement[],
  viewer: string,
  at: string,
): ObjectionSight {
  const against = standingAt(statements, at).filter(
    (one) => one.kind === 'direct-care' && hasBegun(one, at) && names(one.scope.viewers, viewer),
  );
  return {
    refused: against.some(({ scope }) => scope.sources === undefined && scope.sections === undefined),
    withholds: (source, section) =>
      source !== viewer &&
      against.some(({ scope }) => names(scope.sources, source) && names(scope.sections, section)),
  };
}

/** True when two statements are about the same: a reversal that names no objection reverses those that are about its own. */
export function isAboutTheSame(
  one: Pick<Objection, 'kind' | 'scope'>,
  other: Pick<Objection, 'kind' | 'scope'>,
): boolean {
  return one.kind === other.kind && wordingOf(one.scope) === wordingOf(other.scope);
}

function wordingOf({ sections, sources, viewers }: ObjectionScope): string {
  return JSON.stringify([sources, viewers, sections].map((list) => list?.toSorted() ?? null));
}

function names<Name extends string>(list: readonly Name[] | undefined, name: Name): boolean {
  return list === undefined || list.includes(name);
}
