import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { refersToDocument } from '../formats/fhir/attachments.ts';
import { type Document, getDocument } from '../store/document.ts';
import { openEntriesThen } from '../store/entries-then.ts';
import type { Store } from '../store/store.ts';
import { isEntryShown, openEntry } from './open-entry.ts';
import { refuseAhead } from './record-as-it-was.ts';
import { type Region, type Result, refuse } from './region.ts';

/** A document with its bytes, and the entry that it is part of. */
export interface HeldDocument {
  readonly personId: string;
  readonly section: SectionCode;
  readonly document: Document;
  readonly bytes: Buffer;
}

/**
 * One document, after the checks that its entry is read by, and only where the entry refers to it that is shown: that of now,
 * or that of the instant `asOf`. An id that is unknown, and one that the caller may not see, give the same answer as a
 * patient to whom they have no relationship.
 */
export async function readBinary(
  region: Region,
  caller: Caller,
  { asOf, id }: { readonly id: string; readonly asOf?: string | undefined },
): Promise<Result<HeldDocument>> {
  const { policy, store } = region;
  const operation = decideOperation(policy, caller, 'record.read');
  if (!operation.allowed) return refuse(operation.code);
  const ahead = refuseAhead(region, asOf);
  if (ahead) return ahead;
  const document = await getDocument(store, id);
  const opened = await openEntry(region, caller, document);
  if (!opened.ok) return opened;
  const { record } = opened.value;
  const { personId } = record.person;
  const entry = document && asOf ? await entryThen(store, document, asOf) : opened.value.entry;
  if (!document || !entry || !isEntryShown(record, entry) || !refersToDocument(entry.resource, id))
    return refuse('NO_RELATIONSHIP', { personId });
  if (!store.documents) throw new Error('this function was not given the documents bucket');
  const bytes = await store.documents.get(document.digest);
  return { ok: true, value: { personId, section: entry.section, document, bytes } };
}

function entryThen(store: Store, { entryId, resourceType, source }: Document, asOf: string) {
  return openEntriesThen(store, asOf).get(source, resourceType, entryId);
}
