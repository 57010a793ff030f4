import { randomUUID } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import { errorCatalogue } from '../../functions/domain/error-catalogue.ts';
import { operationOutcome } from '../../functions/formats/fhir/operation-outcome.ts';
import { writeTransactionResponse } from '../../functions/formats/fhir/transaction-response.ts';
import { peopleKey, requestKey } from '../../functions/store/keys.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { submitBundle } from '../../functions/usecases/submit-bundle.ts';
import type { RegionAnswer, RegionClient } from '../cli/region-client.ts';
import type { MemoryTable } from './memory-table.ts';
import type { WriteBehind } from './write-behind.ts';

/**
 * A client that registers the patients of transactions by the region's own use case over the table in memory, one
 * transaction after another. An answer comes when all that it changed is in the real table.
 */
export function initialLoadClient(
  region: Region,
  table: MemoryTable,
  behind: WriteBehind,
  options: {
    readonly caller: Caller;
    /** Persons in the index when the load goes on. */
    readonly people: number;
    readonly newPersonId: () => string;
  },
): Pick<RegionClient, 'post'> {
  const { caller, newPersonId } = options;
  let { people } = options;
  let turn: Promise<unknown> = Promise.resolve();

  const register = async (bundle: object): Promise<RegionAnswer> => {
    // The body tells a repeated request from another one: here none is repeated.
    const request = { bundle, body: '', requestId: randomUUID(), newPersonId };
    const submitted = await submitBundle(region, caller, request);
    table.drop(requestKey(region.store.keys, caller.organisation, request.requestId));
    if (!submitted.ok) {
      const { code, issues } = submitted;
      return { status: errorCatalogue[code].status, body: operationOutcome(code, issues) };
    }
    const { entries } = submitted.value;
    // In the real table a function counts the people from the table's stream; matching reads the count.
    people += entries.filter(({ fate }) => fate === 'person-created').length;
    table.seed({ ...peopleKey, people });
    return { status: 200, body: writeTransactionResponse(entries) };
  };

  return {
    async post(_path, bundle) {
      const answered = turn.then(() => register(bundle));
      turn = answered.catch(() => undefined);
      const answer = await answered;
      await behind.flushed();
      return answer;
    },
  };
}
