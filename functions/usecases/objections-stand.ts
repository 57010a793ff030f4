import { batchGet } from '../store/batch-get.ts';
import { objectionKey } from '../store/keys.ts';
import type { Objections } from '../store/objection.ts';
import type { OpenedRecord, Region } from './region.ts';

/**
 * True when nothing was said about sharing these records since they were opened: an objection that lands while an answer is
 * made must stop it. Read strongly consistently, and last; on a partition that was read before, it is one item.
 */
export async function objectionsStand({ store }: Region, opened: readonly OpenedRecord[]): Promise<boolean> {
  if (opened.length === 0) return true;
  const found = await batchGet<Objections & { personId: string }>(
    store,
    opened.map(({ personId }) => objectionKey(personId)),
  );
  const versions = new Map(found.map(({ personId, version }) => [personId, version]));
  return opened.every(({ personId, version }) => (versions.get(personId) ?? 0) === version);
}
