import { isSupportingType } from '../formats/fhir/clinical-resource.ts';
import { dropReferences, referencesOf } from '../formats/fhir/drop-references.ts';
import { type ClinicalEntry, type EntryPointer, getEntryPointers } from '../store/clinical-entry.ts';
import { sourcePartition } from '../store/keys.ts';
import type { OpenRecord } from './open-record.ts';
import type { Region } from './region.ts';

/** An id under which an entry is held; a sender's own is no such. */
const heldReference = /^([A-Z][A-Za-z]+)\/([0-9a-f]{32})$/;

/**
 * The entries without their references to what this caller may not see: an id and its words would tell that it is there. One
 * call where they refer to entries at all, whatever becomes of them; where it fails, none of those references is shown.
 */
export async function maskReferences<Entry extends Pick<ClinicalEntry, 'resource'>>(
  { store }: Region,
  record: OpenRecord,
  entries: readonly Entry[],
): Promise<Entry[]> {
  const named = new Set(entries.flatMap(({ resource }) => [...referencesOf(resource)].filter(isToEntry)));
  if (named.size === 0) return [...entries];
  const targets = [...named].map((reference) => {
    const [, resourceType = '', entryId = ''] = heldReference.exec(reference) ?? [];
    return { resourceType, entryId };
  });
  const held = await getEntryPointers(store, targets).catch(() => undefined);
  const hidden = new Set([...named].filter((reference) => !held || isHidden(held.get(reference))));
  return hidden.size === 0
    ? [...entries]
    : entries.map((entry) => ({ ...entry, resource: dropReferences(entry.resource, hidden) }));

  /** What is not held yet, or never will be, tells nothing: its sender knows of it. */
  function isHidden(pointer: EntryPointer | undefined): boolean {
    if (!pointer) return false;
    const own = sourcePartition(pointer.source);
    const source = record.sourcesOf(pointer.section).find((one) => sourcePartition(one.source) === own);
    return (
      source?.sharing !== 'shared' || record.visibilityOf({ ...pointer, ods: pointer.source.ods }) !== 'shown'
    );
  }
}

function isToEntry(reference: string): boolean {
  const [, type = 'Patient'] = heldReference.exec(reference) ?? [];
  return type !== 'Patient' && !isSupportingType(type);
}
