import type { Caller } from '../domain/access/caller.ts';
import { decideOperation, mayReadSection } from '../domain/access/decide-access.ts';
import { sectionsOfType } from '../domain/record/record-types.ts';
import type { ClinicalEntry } from '../store/clinical-entry.ts';
import { openEntriesThen } from '../store/entries-then.ts';
import { maskReferences } from './mask-references.ts';
import { isEntryShown, type NamedEntry, openEntry } from './open-entry.ts';
import { refuseAhead } from './record-as-it-was.ts';
import { type Region, type Result, refuse } from './region.ts';

/**
 * One entry by its type and opaque id, now or at the instant `asOf`, after the checks by which its section is read. An id that is unknown, and an entry
 * that the caller may not see, give the same answer as a patient to whom they have no relationship.
 */
export async function readResource(
  region: Region,
  caller: Caller,
  { asOf, ...named }: NamedEntry & { readonly asOf?: string | undefined },
): Promise<Result<{ readonly personId: string; readonly entry: ClinicalEntry }>> {
  const [section] = sectionsOfType(named.resourceType).filter((one) =>
    mayReadSection(region.policy, caller, one),
  );
  const operation = decideOperation(
    region.policy,
    caller,
    'record.read',
    section ?? sectionsOfType(named.resourceType)[0],
  );
  if (!operation.allowed) return refuse(operation.code);
  const ahead = refuseAhead(region, asOf);
  if (ahead) return ahead;
  const opened = await openEntry(region, caller, named);
  if (!opened.ok) return opened;
  const { entry: current, record } = opened.value;
  const { entryId, resourceType } = named;
  const entry =
    current && asOf
      ? await openEntriesThen(region.store, asOf).get(current.source, resourceType, entryId)
      : current;
  const { personId } = record.person;
  if (!entry || !isEntryShown(record, entry)) return refuse('NO_RELATIONSHIP', { personId });
  const [masked = entry] = await maskReferences(region, record, [entry]);
  return { ok: true, value: { personId, entry: masked } };
}
