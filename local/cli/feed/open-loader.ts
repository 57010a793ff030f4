import type { Caller } from '../../../functions/domain/access/caller.ts';
import { loadRegion } from '../../../functions/edge/region.ts';
import { openInitialLoad } from '../../initial-load/open-initial-load.ts';
import type { Outcome } from '../command.ts';
import type { OpenedRegion } from '../open-region.ts';
import { type RegionClient, regionClient } from '../region-client.ts';

/** Where transactions go: to the region's API, or by its own code into an empty index. */
export interface Loader {
  /** An initial load takes no HL7 v2. */
  readonly client: Pick<RegionClient, 'post'> & Partial<Pick<RegionClient, 'postHl7v2'>>;
  /** To be called when all is sent. */
  finish(): Promise<void>;
}

/** The loader, or what to tell the user. */
export type LoaderResult =
  | { readonly ok: true; readonly loader: Loader }
  | { readonly ok: false; readonly outcome: Outcome };

const refusals = {
  'index-not-empty': {
    message: 'the index is not empty: an initial load fills one that holds nobody',
    fix: 'load without --initial, or start an empty region on another folder: npm start -- --no-demo --data DIR',
  },
  'not-allowed': {
    message: 'this user may not feed the record',
    fix: 'name one who may, with --as feed',
  },
} as const;

/**
 * Opens what `towpath load` sends to. An initial load works on the tables themselves, in the environment of a function that
 * feeds the record: that of the local region, or the one that this process was given (docs/runbooks/bulk-load.md).
 */
export async function openLoader(
  opened: OpenedRegion,
  caller: Caller,
  dataDir: string,
  isInitial: boolean,
): Promise<LoaderResult> {
  if (!isInitial)
    return {
      ok: true,
      loader: { client: regionClient(opened.found.baseUrl), finish: () => Promise.resolve() },
    };
  Object.assign(process.env, opened.found.run?.worker);
  const result = await openInitialLoad(await loadRegion(), caller, dataDir);
  return result.ok
    ? { ok: true, loader: result.load }
    : { ok: false, outcome: { kind: 'failed', ...refusals[result.reason] } };
}
