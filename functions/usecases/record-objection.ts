import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import {
  isAboutTheSame,
  type ObjectionRequest,
  type ObjectionStatement,
  standingAt,
} from '../domain/access/objection.ts';
import { brokenRules, rulesFor } from '../domain/access/objection-rules.ts';
import { organisationOf } from '../domain/access/region-policy.ts';
import { isRegionWide } from '../domain/access/roles.ts';
import { parseNhsNumber } from '../domain/identity/nhs-number.ts';
import { nhsNumberKey } from '../store/keys.ts';
import { readNumber } from '../store/nhs-number.ts';
import { holdObjections, type RecordedObjection, recordObjections } from '../store/objection.ts';
import { loadAccessView } from '../store/person.ts';
import { instant } from '../store/store.ts';
import { openRecord } from './open-record.ts';
import { type Refusal, type Region, type Result, refuse } from './region.ts';

/** Whose record it is about: of a person who is known, or of whoever has an NHS number. */
export type ObjectionSubject = { readonly personId: string } | { readonly nhsNumberText: string };

/** What was recorded; without a person where the number is nobody's yet. */
export interface RecordedStatement {
  readonly statement: ObjectionStatement;
  /** Everything that was said, with it. */
  readonly statements: readonly ObjectionStatement[];
  /** The person, for the audit; of a subject named by number, never for the caller. */
  readonly personId?: string;
  readonly now: string;
}

/** What is said at the same moment makes this one read again; after so many the caller is asked to send it again. */
const attempts = 4;

/**
 * Records an objection, its reversal or its confirmation; it holds from the next read on. By number it needs no relationship
 * and answers alike whether or not anybody has the number: it discloses nothing. What opens a record again does.
 */
export async function recordObjection(
  region: Region,
  caller: Caller,
  subject: ObjectionSubject,
  request: ObjectionRequest,
): Promise<Result<RecordedStatement>> {
  const refusal = refuseByRules(region, caller, request);
  if (refusal) return refusal;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const found = await findSubject(region, caller, subject, request);
    if (!found.ok) return found;
    const { personId, record, statements } = found.value;
    const now = instant(region.store);
    const made = makeStatements(region, caller, request, statements, now, found.value.ofNumber);
    if (typeof made === 'string')
      return refuse('INVALID_REQUEST', { ...(personId && { personId }), issues: [made] });
    const said = made.filter((one) => !statements.includes(one));
    const outcome = said.length === 0 ? 'recorded' : await record(said);
    const statement = made.at(-1);
    if (outcome === 'full') return refuse('TOO_LARGE', personId ? { personId } : {});
    if (outcome === 'recorded' && statement)
      return {
        ok: true,
        value: { statement, statements: [...statements, ...said], now, ...(personId && { personId }) },
      };
  }
  return refuse('CONFLICT');
}

const nothingToReverse = 'provision: no objection about the same stands';
const noSuchObjection = 'sourceReference: no objection of this patient that stands has this id';
const ownConfirmation = 'sourceReference: somebody other than who recorded it confirms an objection';

function refuseByRules({ policy }: Region, caller: Caller, request: ObjectionRequest): Refusal | undefined {
  const operation = decideOperation(policy, caller, 'objection.write');
  if (!operation.allowed) return refuse(operation.code);
  const onBehalfOf = request.onBehalfOf ?? caller.organisation;
  if (!organisationOf(policy, onBehalfOf))
    return refuse('INVALID_REQUEST', { issues: ['organization: not an organisation of this region'] });
  const named = [...(request.scope.sources ?? []), ...(request.scope.viewers ?? [])];
  if (named.some((ods) => !organisationOf(policy, ods)))
    return refuse('INVALID_REQUEST', { issues: ['provision.actor: not an organisation of this region'] });
  const area = rulesFor(policy.objections, onBehalfOf);
  if (!area.recordedBy.some((role) => role === caller.role)) return refuse('FORBIDDEN_ROLE');
  if (request.says !== 'objection' || request.kind !== 'direct-care') return undefined;
  const issues = brokenRules(area, caller, request);
  return issues.length > 0 ? refuse('INVALID_REQUEST', { issues }) : undefined;
}

interface Subject {
  readonly personId?: string;
  readonly statements: readonly ObjectionStatement[];
  readonly ofNumber?: string;
  readonly record: (added: readonly ObjectionStatement[]) => Promise<RecordedObjection>;
}

async function findSubject(
  region: Region,
  caller: Caller,
  subject: ObjectionSubject,
  request: ObjectionRequest,
): Promise<Result<Subject>> {
  const { store } = region;
  if ('personId' in subject) {
    const opened = await openRecord(region, caller, subject.personId, {
      permission: 'objection.write',
      despiteObjection: true,
    });
    if (!opened.ok) return opened;
    const { objections, person } = opened.value;
    return {
      ok: true,
      value: {
        personId: person.personId,
        statements: objections?.statements ?? [],
        record: (added) => recordObjections(store, person.personId, objections, added),
      },
    };
  }
  const parsed = parseNhsNumber(subject.nhsNumberText);
  if (!parsed.ok) return refuse('INVALID_NHS_NUMBER');
  // What is undone can show a record: that needs a relationship with a person who is known, or to act for the region.
  if (request.says !== 'objection' && !isRegionWide(caller.role)) return refuse('NO_RELATIONSHIP');
  const { nhsNumber } = parsed;
  const number = await readNumber(store, nhsNumber);
  // Nobody's number costs the same calls as somebody's.
  const { objections, person } = await loadAccessView(store, number.owner?.personId ?? 'nobody');
  return {
    ok: true,
    value: person
      ? {
          personId: person.personId,
          ofNumber: nhsNumberKey(store.keys, nhsNumber).PK,
          statements: objections?.statements ?? [],
          record: (added) => recordObjections(store, person.personId, objections, added, nhsNumber),
        }
      : {
          ofNumber: nhsNumberKey(store.keys, nhsNumber).PK,
          statements: number.held?.statements ?? [],
          record: (added) => holdObjections(store, nhsNumber, number, added),
        },
  };
}

/** What is added to what was said, or why nothing can be; an objection that stands already, in the very same words, is itself. */
function makeStatements(
  { policy, store }: Region,
  caller: Caller,
  request: ObjectionRequest,
  statements: readonly ObjectionStatement[],
  now: string,
  ofNumber: string | undefined,
): ObjectionStatement[] | string {
  const { about, askedBy, from, kind, reason, scope, until } = request;
  const { name, organisation, role, subject } = caller;
  const onBehalfOf = request.onBehalfOf ?? organisation;
  const recordedBy = { subject, name, organisation, role };
  const said = () => ({ id: store.newId(), recordedAt: now, recordedBy, onBehalfOf, askedBy, reason });
  const standing = standingAt(statements, now);
  if (request.says === 'objection') {
    const { confirmation } = rulesFor(policy.objections, onBehalfOf);
    const awaitsConfirmation = kind === 'direct-care' && confirmation ? (true as const) : undefined;
    const same = standing.find(
      (one) =>
        isAboutTheSame(one, { kind, scope }) &&
        [one.onBehalfOf, one.askedBy, one.reason, one.from, one.until].join() ===
          [onBehalfOf, askedBy, reason, from, until].join(),
    );
    if (same) return [same];
    return [{ ...said(), says: 'objection', kind, scope, from, until, awaitsConfirmation, ofNumber }];
  }
  const named = standing.find(({ id }) => id === about);
  if (!named && (about !== undefined || request.says === 'confirmation')) return noSuchObjection;
  if (named && request.says === 'confirmation')
    return named.recordedBy.subject === caller.subject
      ? ownConfirmation
      : [{ ...said(), says: 'confirmation', confirms: named.id }];
  const reversed = named ? [named] : standing.filter((one) => isAboutTheSame(one, { kind, scope }));
  if (reversed.length === 0) return nothingToReverse;
  return reversed.map((one) => ({
    ...said(),
    says: 'reversal',
    reverses: one.id,
    kind: one.kind,
    scope: one.scope,
    from,
  }));
}
