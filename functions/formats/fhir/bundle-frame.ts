import { readInstant } from './instant.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import type { ReadResult } from './read-result.ts';

/** The Bundles that a feed can be. */
export const feedTypes = ['transaction', 'batch', 'message', 'document'] as const;

/** See {@link feedTypes}. */
export type FeedType = (typeof feedTypes)[number];

/** A Bundle before its entries are read. */
export interface BundleFrame {
  readonly type: FeedType;
  readonly entries: readonly JsonValue[];
  readonly identifier?: JsonObject;
  /** `Bundle.timestamp` in UTC. */
  readonly sentAt?: string;
}

/** Entries at most: those of all but a batch are stored in one DynamoDB transaction. */
const maximumEntries: Readonly<Record<FeedType, number>> = {
  transaction: 100,
  message: 100,
  document: 100,
  batch: 1_000,
};

const bundleElements: ReadonlySet<string> = new Set(
  'resourceType id meta implicitRules language identifier type timestamp total link entry signature'.split(
    ' ',
  ),
);

/** Reads what a Bundle says of itself. `tooLong` when it has more entries than are taken: nothing of them was looked at. */
export function readBundleFrame(bundle: unknown): ReadResult<{ readonly frame: BundleFrame }> & {
  readonly tooLong?: true;
} {
  if (!isJsonObject(bundle) || bundle.resourceType !== 'Bundle')
    return { ok: false, issues: ['Bundle.resourceType: must be Bundle'] };
  const type = feedTypes.find((one) => one === bundle.type);
  if (type === undefined)
    return { ok: false, issues: [`Bundle.type: must be ${feedTypes.slice(0, -1).join(', ')} or document`] };
  const { entry, identifier, timestamp } = bundle;
  if (!Array.isArray(entry) || entry.length === 0)
    return { ok: false, issues: ['Bundle.entry: must be a list with at least one entry'] };
  if (entry.length > maximumEntries[type])
    return {
      ok: false,
      issues: [`Bundle.entry: has more than ${maximumEntries[type]} entries`],
      tooLong: true,
    };
  if (Object.keys(bundle).some((element) => !bundleElements.has(element)))
    return { ok: false, issues: ['Bundle: has an element that FHIR R4 does not define'] };
  if (identifier !== undefined && !isJsonObject(identifier))
    return { ok: false, issues: ['Bundle.identifier: must be an object'] };
  const sentAt = typeof timestamp === 'string' ? readInstant(timestamp) : undefined;
  if (timestamp !== undefined && sentAt === undefined)
    return { ok: false, issues: ['Bundle.timestamp: must be a FHIR instant'] };
  return {
    ok: true,
    frame: {
      type,
      entries: entry,
      ...(identifier && { identifier }),
      ...(sentAt !== undefined && { sentAt }),
    },
  };
}
