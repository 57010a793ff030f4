import type { Caller } from '../domain/access/caller.ts';
import { namesNoPatient } from '../domain/record/sender-id.ts';
import { readClinicalResource } from '../formats/fhir/clinical-resource.ts';
import type { FeedMessage } from '../formats/fhir/feed-message.ts';
import { rewriteReferences } from '../formats/fhir/references.ts';
import {
  type ClinicalEntry,
  type EntryPointer,
  getPointedEntries,
  pointerName,
  writeEntry,
} from '../store/clinical-entry.ts';
import { digestOf } from '../store/digest.ts';
import type { HeldForMessage } from '../store/feed-reads.ts';
import { entryId, type SourceRef, sourcePartition, sourceRef } from '../store/keys.ts';
import { getSourceRecord } from '../store/source-record.ts';
import { instant, type Store } from '../store/store.ts';
import type { Write } from '../store/transaction.ts';
import { keepDocuments } from './keep-documents.ts';
import { type EntryNews, newsOfEntry, newsOfTaken } from './link-news.ts';
import { type Region, type Result, refuse } from './region.ts';

/** A clinical entry of a message, and what filing it writes. */
export interface PlannedEntry {
  readonly index: number;
  readonly resourceType: string;
  readonly source: SourceRef;
  readonly entryId: string;
  /** The version that is current afterwards. */
  readonly version: number;
  readonly fate: 'stored' | 'unchanged' | 'stale' | 'not-stored';
  /** Whose the source record is that an earlier message brought. */
  readonly holder?: string;
  /** Whose record it was in until it was corrected to be about somebody else. */
  readonly takenFrom?: string;
  readonly news: EntryNews;
  /** Of an entry that moves: what is to be said on the link of its former record. */
  readonly former?: { readonly source: SourceRef; readonly personId: string; readonly news: EntryNews };
  /** None when the entry is held as it is, or newer. */
  readonly writes: readonly Write<'stale'>[];
}

type SentEntry = FeedMessage['entries'][number];

/**
 * Plans what the clinical entries of a message change. A resource is known by its sender, type and id, wherever it is held: a
 * message that was received before changes nothing, an older one never overwrites a newer one, and one that is corrected to
 * be about another patient of its sender moves to them.
 */
export async function planEntries(
  region: Region,
  caller: Caller,
  message: FeedMessage,
  pointers: HeldForMessage['pointers'],
): Promise<Result<PlannedEntry[]>> {
  const { store } = region;
  const inMessage = new Set(message.patients.map(({ patient }) => patient.localId));
  const holders = new Map<string, string | undefined>();
  const entries: { sent: SentEntry; entry: ClinicalEntry }[] = [];
  for (const sent of message.entries) {
    const { entry, place, subjectLocalId } = sent;
    const source = sourceRef(store.keys, caller.organisation, subjectLocalId);
    if (!inMessage.has(subjectLocalId) && !holders.has(subjectLocalId)) {
      const held = await getSourceRecord(store, source);
      if (!held) {
        const subject = `${place || entry.resourceType}.subject`;
        const issues = [`${subject}: no Patient of this organisation is held for it`];
        return refuse('INVALID_REQUEST', { issues });
      }
      holders.set(subjectLocalId, held.personId);
    }
    entries.push({ sent, entry: newEntry(store, source, subjectLocalId, entry) });
  }
  const newest = newestOf(entries.map(({ entry }) => entry));
  const decided: Decided[] = [];
  for (const { entry, sent } of entries) {
    const name = pointerName(entry);
    const pointer = pointers.get(name);
    if (sent.expectedVersion !== undefined && sent.expectedVersion !== (pointer?.version ?? 0))
      return refuse('STALE_VERSION');
    decided.push({ entry, sent, pointer, fate: fateOfSent(sent, entry, newest.get(name), pointer) });
  }
  const superseded = decided.flatMap(({ fate, pointer }) => (fate === 'stored' && pointer ? [pointer] : []));
  const held = await getPointedEntries(store, superseded);
  const planned: PlannedEntry[] = [];
  for (const one of decided) {
    const { entry, sent } = one;
    const plan = await planEntry(region, caller, one, held.get(pointerName(entry)));
    if (!plan.ok) return plan;
    const holder = holders.get(sent.subjectLocalId);
    planned.push({ ...plan.value, index: sent.index, ...(holder && { holder }) });
  }
  return { ok: true, value: planned };
}

/** An entry of the message, and what becomes of it beside what is held. */
interface Decided {
  readonly entry: ClinicalEntry;
  readonly sent: SentEntry;
  readonly pointer: EntryPointer | undefined;
  readonly fate: PlannedEntry['fate'];
}

async function planEntry(
  region: Region,
  { organisation }: Caller,
  { entry, fate, pointer, sent: { complete } }: Decided,
  held: ClinicalEntry | undefined,
): Promise<Result<Omit<PlannedEntry, 'index'>>> {
  const { store } = region;
  const { entryId, resourceType, source } = entry;
  const whose = { resourceType, source, entryId, fate };
  if (fate !== 'stored') {
    const version = pointer?.version ?? 1;
    return { ok: true, value: { ...whose, version, news: { said: [], labels: [] }, writes: [] } };
  }
  const version = (pointer?.version ?? 0) + 1;
  const kept = await keepDocuments(store, { ...entry, version });
  if (!kept.ok) return kept;
  // What the held entry says of its documents stands: only those of the message were looked at.
  const filed = held && complete ? completeEntry(kept.value.entry, held, complete) : kept.value.entry;
  const isTaken = pointer && sourcePartition(pointer.source) !== sourcePartition(source);
  const takenFrom = isTaken && (await getSourceRecord(store, pointer.source))?.personId;
  const former = takenFrom &&
    held && { source: pointer.source, personId: takenFrom, news: newsOfTaken(region, organisation, held) };
  const writes = [...writeEntry(store, filed, pointer, held), ...kept.value.writes];
  const news = newsOfEntry(region, organisation, filed);
  return {
    ok: true,
    value: {
      ...{ ...whose, version, news, writes },
      ...(takenFrom && { takenFrom }),
      ...(former && { former }),
    },
  };
}

/** Of several versions of one resource in a message, the one that counts: the newest, and of two of one time the later. */
function newestOf(entries: readonly ClinicalEntry[]): ReadonlyMap<string, ClinicalEntry> {
  const newest = new Map<string, ClinicalEntry>();
  for (const entry of entries) {
    const name = pointerName(entry);
    const before = newest.get(name);
    if (!before || before.sentAt <= entry.sentAt) newest.set(name, entry);
  }
  return newest;
}

function fateOfSent(
  { onlyIfHeld, onlyIfNew }: SentEntry,
  entry: ClinicalEntry,
  newest: ClinicalEntry | undefined,
  pointer: EntryPointer | undefined,
): PlannedEntry['fate'] {
  if (onlyIfHeld && !pointer) return 'not-stored';
  return onlyIfNew && pointer ? 'unchanged' : fateOf(entry, newest, pointer);
}

/** The entry with what its message leaves out; sent again, it is known by what it said. */
function completeEntry(
  entry: ClinicalEntry,
  held: ClinicalEntry,
  complete: NonNullable<SentEntry['complete']>,
): ClinicalEntry {
  const whole = readClinicalResource(complete(entry.resource, held.resource));
  if (!whole.ok) throw new Error('a completed entry is none');
  const { date, enteredInError, resource, section, securityLabels } = whole.entry;
  return { ...entry, date, enteredInError, resource, section, securityLabels };
}

/** A message that was received before changes nothing, and neither does an older one than what is held. */
function fateOf(
  entry: ClinicalEntry,
  newest: ClinicalEntry | undefined,
  pointer: EntryPointer | undefined,
): PlannedEntry['fate'] {
  if (newest !== entry) return newest?.digest === entry.digest ? 'unchanged' : 'stale';
  if (!pointer) return 'stored';
  if (pointer.digest === entry.digest) return 'unchanged';
  return entry.sentAt < pointer.sentAt ? 'stale' : 'stored';
}

function newEntry(
  store: Store,
  source: SourceRef,
  subjectLocalId: string,
  entry: FeedMessage['entries'][number]['entry'],
): ClinicalEntry {
  const { resourceType, section, date, securityLabels, enteredInError, resource } = entry;
  const idOf = (type: string, id: string) => entryId(store.keys, source.ods, type, id);
  return {
    source,
    entryId: idOf(resourceType, entry.id),
    ...(namesNoPatient(entry.id, subjectLocalId) && { senderId: entry.id }),
    resourceType,
    section,
    date,
    securityLabels,
    enteredInError,
    // A sender's ids can hold identifiers of the patient; another patient's reference is nobody's business here.
    resource: rewriteReferences(resource, (reference) => {
      const [type = '', id = ''] = reference.split('/');
      if (type !== 'Patient') return `${type}/${idOf(type, id)}`;
      return id === subjectLocalId ? `Patient/${source.local}` : undefined;
    }),
    digest: digestOf(JSON.stringify(resource)),
    version: 1,
    // Without a time it counts as new.
    sentAt: entry.sentAt ?? instant(store),
    validFrom: instant(store),
  };
}
