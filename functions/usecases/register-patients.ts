import type { Patient } from 'fhir/r4.js';
import { keepFormer } from '../domain/identity/former-details.ts';
import { addNumbers } from '../domain/identity/held-numbers.ts';
import { matchPolicy } from '../domain/matching/match-policy.ts';
import { type BlockItem, blocksOf, putBlocks, removeBlocks } from '../store/blocking-key.ts';
import { type LinkNews, renewLink, writeLink } from '../store/identity.ts';
import type { Decider } from '../store/identity-mark.ts';
import { sourcePartition } from '../store/keys.ts';
import type { Person } from '../store/person.ts';
import {
  getReviewTask,
  type NewReviewTask,
  openReviewTask,
  reopenReviewTask,
  reviewTaskId,
} from '../store/review-task.ts';
import {
  getSetAside,
  type HeldSource,
  holdSources,
  interruptRegistration,
  putSetAside,
  putSourceRecord,
  type QuarantineReason,
  type SetAsideReason,
  type SourceRecord,
} from '../store/source-record.ts';
import { instant, type Store } from '../store/store.ts';
import type { Write } from '../store/transaction.ts';
import type { Region } from './region.ts';
import { openDesk, type RegistrationDesk } from './registration-desk.ts';
import {
  type Attribution,
  type Quarantine,
  resolveIdentity,
  resolveUpdate,
  type SentPatient,
  type SetAsideMessage,
} from './resolve-identity.ts';

/** A Patient message of one source record. */
export interface IncomingPatient extends SentPatient {
  readonly patient: Patient;
  readonly digest: string;
  /** The sender's message time, else the time of receipt: then the message counts as the newest. */
  readonly sentAt: string;
  readonly isDated: boolean;
  /** Who is involved in the care by this message's word. */
  readonly news: LinkNews;
  /** The message with what it leaves out, where a Patient of the record is held: what it does not say stands. */
  readonly beside?: (held: Patient) => IncomingPatient;
  /** A steward decided whose it is: nothing is weighed. */
  readonly decided?: { readonly person: Person; readonly by: Decider; readonly comment?: string };
}

/** What becomes of a message. */
export interface Registration {
  readonly fate:
    | 'person-created'
    | 'person-linked'
    | 'person-updated'
    | 'quarantined'
    | 'set-aside'
    | 'stale'
    | 'unchanged';
  /** The person behind the record; absent in quarantine. */
  readonly personId?: string;
  readonly reason?: QuarantineReason | SetAsideReason;
  /** People whom a new person may duplicate, restricted ones left out: for review. */
  readonly possibleDuplicates?: number;
}

/** Conditions that a registration can fail on; all mean: read again and decide again. */
export type RegistrationConflict =
  | 'source-changed'
  | 'person-changed'
  | 'number-changed'
  | 'objection-changed'
  | 'task-known'
  | 'task-changed';

/** Messages decided together: all are stored in one transaction, or none. */
export interface RegistrationPlan {
  /** In the order of the messages. */
  readonly registrations: readonly Registration[];
  readonly writes: readonly Write<RegistrationConflict>[];
  /** To be called when the transaction has happened: takes away what no longer stands in the index. */
  readonly settle: () => Promise<void>;
}

interface Work {
  readonly incoming: IncomingPatient;
  readonly held: HeldSource;
  /** The record as it will stand, but for its person. */
  readonly next: SourceRecord;
  /** What will stand in the index for it: worked out once, as each item takes two pseudonyms. */
  readonly blocks: readonly BlockItem[];
}

interface Outcome {
  readonly registration: Registration;
  readonly writes: readonly Write<RegistrationConflict>[];
  /** False when the message leaves nothing in the index: a claim, or somebody else's details. */
  readonly isIndexed: boolean;
}

/** What is held under the names of the messages' records, where the caller has read it. */
type HeldSources = Awaited<ReturnType<typeof holdSources>>;

/**
 * Decides whose records the messages are, one after another, and plans what to write. The blocking items of new records are
 * put at once, before the index is searched: of two registrations of one person at the same moment at least one sees the
 * other, and its transaction interrupts it (docs/decisions/0008-lock-free-registration.md).
 */
export async function planRegistrations(
  region: Region,
  sent: readonly IncomingPatient[],
  newPersonId: () => string,
  known?: HeldSources,
): Promise<RegistrationPlan> {
  const { store } = region;
  const sources = sent.map(({ source }) => source);
  const held = known ?? (await holdSources(store, sources));
  const messages = sent.map((incoming) => {
    const { record } = held.get(sourcePartition(incoming.source)) ?? {};
    return (record && incoming.beside?.(record.patient)) ?? incoming;
  });
  const registrations = new Map<IncomingPatient, Registration>();
  const work: Work[] = [];
  for (const incoming of messages) {
    const one = held.get(sourcePartition(incoming.source)) ?? { version: 0 };
    const settled = settledBefore(incoming, one);
    if (settled) registrations.set(incoming, settled);
    else {
      const next = nextRecord(store, incoming, one);
      const blocks = blocksOf(store, next.source, next.demographics, next.version);
      work.push({ incoming, held: one, next, blocks });
    }
  }
  if (work.length > 0)
    await putBlocks(
      store,
      work.filter(isNew).flatMap(({ blocks }) => blocks),
    );
  const desk = await openDesk(
    region,
    work.map(({ incoming }) => incoming),
  );
  beginSearches(desk, work);

  const writes: Write<RegistrationConflict>[] = [];
  const added: BlockItem[] = [];
  const stale: BlockItem[] = [];
  for (const one of work) {
    const { isIndexed, registration, writes: own } = await decide(store, desk, one, newPersonId);
    registrations.set(one.incoming, registration);
    writes.push(...own);
    const after = isIndexed ? one.blocks : [];
    const before = isIndexed || isNew(one) ? blocksBefore(store, one) : [];
    if (isIndexed && !isNew(one)) added.push(...changedBlocks(before, after));
    stale.push(...withoutThese(before, after));
  }
  writes.push(...desk.writePeople());
  await putBlocks(store, added);
  return {
    registrations: messages.flatMap((incoming) => registrations.get(incoming) ?? []),
    writes,
    settle: () => removeBlocks(store, stale),
  };
}

/** What a message comes to without a decision: it was received before, or a newer one was. */
function settledBefore(incoming: IncomingPatient, { record }: HeldSource): Registration | undefined {
  if (!record || incoming.decided) return undefined;
  const whose = {
    ...(record.personId && { personId: record.personId }),
    ...(record.quarantine && { reason: record.quarantine }),
  };
  if (record.digest === incoming.digest) return { fate: 'unchanged', ...whose };
  return incoming.isDated && incoming.sentAt < record.sentAt ? { fate: 'stale', ...whose } : undefined;
}

function nextRecord(store: Store, incoming: IncomingPatient, { record, version }: HeldSource): SourceRecord {
  const { demographics, digest, patient, sentAt, source } = incoming;
  return {
    source,
    version: version + 1,
    patient,
    demographics: keepFormer(demographics, record?.demographics),
    ...addNumbers(record, incoming),
    digest,
    sentAt,
    receivedAt: instant(store),
  };
}

/** True for a record that may be linked by this message: it has no person yet, and claims none. */
function isNew({ held, incoming }: Work): boolean {
  return held.record?.personId === undefined && incoming.claim === undefined;
}

/** What may stand in the index for the record and should not when it changes: its former items, or those just put. */
function blocksBefore(store: Store, work: Work): readonly BlockItem[] {
  const { record, version } = work.held;
  if (isNew(work)) return work.blocks;
  return record ? blocksOf(store, record.source, record.demographics, version) : [];
}

/** What does not stand in the index as it is: most messages repeat the details that are held. */
function changedBlocks(before: readonly BlockItem[], after: readonly BlockItem[]): BlockItem[] {
  const standing = new Map(before.map((block) => [`${block.PK} ${block.SK}`, block]));
  return after.filter((block) => {
    const { restricted, variants } = standing.get(`${block.PK} ${block.SK}`) ?? {};
    return variants !== block.variants || restricted !== block.restricted;
  });
}

function withoutThese(blocks: readonly BlockItem[], kept: readonly BlockItem[]): BlockItem[] {
  const names = new Set(kept.map(({ PK, SK }) => `${PK} ${SK}`));
  return blocks.filter(({ PK, SK }) => !names.has(`${PK} ${SK}`));
}

/** Searches of several messages run side by side; a decision waits for its own. */
function beginSearches(desk: RegistrationDesk, work: readonly Work[]): void {
  for (const one of work) {
    const { decided, nhsNumber } = one.incoming;
    if (decided || !isNew(one) || (nhsNumber !== undefined && desk.reader.ownerOf(nhsNumber))) continue;
    // A failed search fails the decision that waits for it; that it failed earlier is no defect of its own.
    desk.reader.search(one.incoming).catch(() => undefined);
  }
}

async function decide(
  store: Store,
  desk: RegistrationDesk,
  work: Work,
  newPersonId: () => string,
): Promise<Outcome> {
  const { held, incoming } = work;
  const personId = held.record?.personId;
  const { decided } = incoming;
  if (decided && personId) return update(store, desk, work, personId);
  if (decided)
    return link(
      store,
      desk,
      work,
      { kind: 'link', how: 'steward', person: decided.person, interrupts: [] },
      newPersonId,
    );
  if (personId) await desk.expect(personId);
  const person = personId && (await desk.reader.peopleOf([personId])).get(personId);
  if (held.record && person) {
    const resolution = await resolveUpdate(desk.reader, incoming, held.record, person);
    return resolution.kind === 'set-aside'
      ? setAside(store, work, resolution, person.personId)
      : update(store, desk, work, person.personId);
  }
  const resolution = await resolveIdentity(desk.reader, incoming, held);
  return resolution.kind === 'quarantine'
    ? quarantine(store, work, resolution)
    : link(store, desk, work, resolution, newPersonId);
}

async function quarantine(
  store: Store,
  { held, incoming, next }: Work,
  { claimedOf, reason }: Quarantine,
): Promise<Outcome> {
  const { source } = incoming;
  return {
    registration: { fate: 'quarantined', reason },
    isIndexed: false,
    writes: [
      putSourceRecord(store, { ...next, quarantine: reason }, held.version),
      ...(claimedOf
        ? await openTask(store, { kind: 'quarantine', reason, source, personId: claimedOf.personId })
        : []),
    ],
  };
}

async function setAside(
  store: Store,
  { incoming }: Work,
  { looksLike, reason, score }: SetAsideMessage,
  personId: string,
): Promise<Outcome> {
  const { demographics, digest, nhsNumber, patient, sentAt, source, supersededNhsNumbers } = incoming;
  const registration: Registration = { fate: 'set-aside', reason };
  const before = await getSetAside(store, source);
  if (before?.digest === digest) return { registration, isIndexed: false, writes: [] };
  const weighed = score !== undefined && { score, policyVersion: matchPolicy.version };
  return {
    registration,
    isIndexed: false,
    writes: [
      putSetAside(store, {
        source,
        patient,
        demographics,
        digest,
        sentAt,
        receivedAt: instant(store),
        ...(nhsNumber && { nhsNumber }),
        ...(supersededNhsNumbers.length > 0 && { supersededNhsNumbers }),
        reason,
        ...(looksLike && { looksLike: looksLike.personId }),
      }),
      // These are other details than any that a person has decided about.
      ...(await openTask(store, { kind: 'overlay', reason, source, personId, ...weighed }, true)),
    ],
  };
}

async function update(
  store: Store,
  desk: RegistrationDesk,
  { held, incoming, next }: Work,
  personId: string,
): Promise<Outcome> {
  const record = await desk.attach(personId, next, false);
  // A link that has gone meanwhile went with its source record, whose version then fails.
  const linked = desk.linkOf(personId, incoming.source);
  return {
    registration: { fate: 'person-updated', personId },
    isIndexed: true,
    writes: [
      putSourceRecord(store, record, held.version),
      ...(linked ? renewLink(store, personId, linked, incoming.news) : []),
    ],
  };
}

async function link(
  store: Store,
  desk: RegistrationDesk,
  { held, incoming, next }: Work,
  resolution: Attribution,
  newPersonId: () => string,
): Promise<Outcome> {
  const { decided } = incoming;
  const isCreated = resolution.kind === 'create';
  const personId = isCreated ? newPersonId() : resolution.person.personId;
  const record = await desk.attach(personId, next, isCreated);
  const suspects = isCreated ? resolution.suspects : [];
  const isWeighed = !isCreated && resolution.how === 'demographics';
  const isByNumber = !isCreated && !isWeighed;
  const tasks = suspects.flatMap(({ person, score }) =>
    openReviewTask(store, {
      kind: 'possible-duplicate',
      reason: 'registration',
      personId,
      otherPersonId: person.personId,
      score,
      policyVersion: matchPolicy.version,
    }),
  );
  const shown = suspects.filter(({ person }) => !person.demographics.restricted);
  return {
    registration: isCreated
      ? { fate: 'person-created', personId, possibleDuplicates: shown.length }
      : { fate: 'person-linked', personId },
    isIndexed: true,
    writes: [
      putSourceRecord(store, { ...record, ...(isByNumber && { unsearched: true }) }, held.version),
      ...writeLink(
        store,
        personId,
        incoming.source,
        {
          how: isCreated ? 'created' : resolution.how,
          policyVersion: isWeighed ? matchPolicy.version : 'none',
          ...(isWeighed && { score: resolution.score, grounds: resolution.grounds }),
          ...(decided && { decidedBy: decided.by }),
          ...(decided?.comment && { comment: decided.comment }),
        },
        held.record ? ofPartOfARecord(incoming.news) : incoming.news,
      ),
      ...tasks,
      ...resolution.interrupts
        .filter(({ source }) => desk.firstInterruption(source))
        .map(({ held: other, source }) => interruptRegistration(store, source, other)),
    ],
  };
}

/** What a message says where the record was held before, and was nobody's: it may have entries that the message does not tell of. */
function ofPartOfARecord({ sections: _, ...news }: LinkNews): LinkNews {
  return news;
}

/** A doubt about the same sides is put to a person once, whatever they decided, unless there is news of it. */
async function openTask(
  store: Store,
  task: NewReviewTask,
  isNews = false,
): Promise<Write<'task-known' | 'task-changed'>[]> {
  const known = await getReviewTask(store, reviewTaskId(store, task));
  if (!known) return openReviewTask(store, task);
  return isNews && known.status === 'decided' ? reopenReviewTask(store, known, task) : [];
}
