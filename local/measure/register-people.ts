import { randomUUID } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import { type SourceRef, sourceRef } from '../../functions/store/keys.ts';
import { countPeople } from '../../functions/store/statistics.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { submitBundle } from '../../functions/usecases/submit-bundle.ts';
import type { PersonRow } from '../csv/read-people.ts';
import { feedOf } from '../demo/callers.ts';
import { describeRow } from './describe-row.ts';
import type { FreshRegion } from './fresh-region.ts';

/** What became of a row. */
export interface Registered {
  readonly source: SourceRef;
  /** Absent in quarantine. */
  readonly personId?: string;
  /** A person is asked to look at it. */
  readonly queued: boolean;
}

/** Registrations between two counts of people; the stream function that counts is a little behind as well. */
const countEvery = 100;

/** Longer than a count is used again. */
const countAgeMilliseconds = 61_000;

/** Registers rows as the source records of one organisation. */
export interface Register {
  /** Sends one row as a transaction Bundle of its own, as the organisation's feed would. */
  readonly add: (row: PersonRow) => Promise<Registered>;
  /** Counts the people made so far, as the region's stream function does. */
  readonly count: () => Promise<void>;
}

/** Opens a {@link Register} for an empty region. */
export function openRegister(region: FreshRegion): Register {
  const caller = feedOf(firstOrganisation(region), 'measure');
  let added = 0;
  let uncounted = 0;
  const count = async () => {
    await countPeople(region.store, uncounted);
    uncounted = 0;
    region.advance(countAgeMilliseconds);
  };
  const add = async (row: PersonRow): Promise<Registered> => {
    if (added % countEvery === 0) await count();
    added += 1;
    const local = `row-${row.row}`;
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          resource: { ...describeRow(row), id: local },
          request: { method: 'PUT', url: `Patient/${local}` },
        },
      ],
    };
    const submitted = await submitBundle(region, caller, {
      bundle,
      body: local,
      requestId: local,
      newPersonId: () => randomUUID(),
    });
    if (!submitted.ok)
      throw new Error(`row ${row.row} was refused: ${submitted.code} ${submitted.issues?.join(', ') ?? ''}`);
    const { fate, personId, possibleDuplicates = 0, reason } = submitted.value.entries[0] ?? {};
    if (fate === 'person-created') uncounted += 1;
    return {
      source: sourceRef(region.store.keys, caller.organisation, local),
      ...(personId && { personId }),
      queued: possibleDuplicates > 0 || reason !== undefined,
    };
  };
  return { add, count };
}

/** A clinician of the region's first organisation that may view. */
export function askerOf(region: Region): Caller {
  return {
    subject: 'measure',
    name: 'Measure',
    role: 'clinician',
    organisation: firstOrganisation(region),
    purpose: 'directcare',
    tokenId: 'measure',
  };
}

function firstOrganisation({ policy }: Region): string {
  const found = policy.organisations.find(({ agreement }) => agreement.views && agreement.shares === 'all');
  if (!found) throw new Error(`${policy.name} has no organisation that views and shares everything`);
  return found.ods;
}
