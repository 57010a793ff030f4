import { randomUUID } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import { type SourceRef, sourceRef } from '../../functions/store/keys.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { submitBundle } from '../../functions/usecases/submit-bundle.ts';
import type { PersonRow } from '../csv/read-people.ts';
import { feedOf } from '../demo/callers.ts';
import { describeRow } from './describe-row.ts';

/** What became of a row. */
export interface Registered {
  readonly source: SourceRef;
  /** Absent in quarantine. */
  readonly personId?: string;
  /** A person is asked to look at it. */
  readonly queued: boolean;
}

/** Registers rows as the source records of one organisation, one transaction Bundle each, as its feed would. */
export function openRegister(region: Region): (row: PersonRow) => Promise<Registered> {
  const caller = feedOf(firstOrganisation(region), 'measure');
  return async (row) => {
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
    const { personId, possibleDuplicates = 0, reason } = submitted.value.entries[0] ?? {};
    return {
      source: sourceRef(region.store.keys, caller.organisation, local),
      ...(personId && { personId }),
      queued: possibleDuplicates > 0 || reason !== undefined,
    };
  };
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
