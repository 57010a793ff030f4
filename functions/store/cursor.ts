import { type RegionKeys, seal, unseal } from './region-keys.ts';

/** How long a cursor can be used, in milliseconds: a person pages through a record within one sitting. */
export const cursorLifeMilliseconds = 15 * 60_000;

/** Seals a paging position for one caller and one query; it expires {@link cursorLifeMilliseconds} after `now`. */
export function sealCursor<Position>(
  keys: RegionKeys,
  binding: string,
  position: Position,
  now: Date,
): string {
  return seal(keys, binding, { position, expires: now.getTime() + cursorLifeMilliseconds });
}

/** The position in a cursor; undefined when it is not this caller's, not this query's, edited or expired. */
export function openCursor<Position>(
  keys: RegionKeys,
  binding: string,
  cursor: string,
  now: Date,
): Position | undefined {
  const opened = unseal(keys, binding, cursor) as { position: Position; expires: number } | undefined;
  return opened && opened.expires > now.getTime() ? opened.position : undefined;
}
