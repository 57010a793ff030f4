import * as z from 'zod';
import { fateSystem } from '../../../functions/formats/fhir/transaction-response.ts';
import type { RegionClient } from '../region-client.ts';
import { readRefusal } from '../region-client.ts';
import type { TransactionGroup } from './group-transactions.ts';
import { hideNumbers, type ResourceItem } from './resource-item.ts';

/** What became of one resource. */
export type ItemOutcome =
  | {
      readonly item: Pick<ResourceItem, 'file' | 'label'>;
      readonly kind: 'accepted';
      /** As the region names it: person-created, stored, quarantined … */
      readonly fate: string;
      /** Further codes: why it is in quarantine, or `possible-duplicate`. */
      readonly remarks: readonly string[];
      /** The person behind it; absent in quarantine. */
      readonly personId?: string;
    }
  | {
      readonly item: Pick<ResourceItem, 'file' | 'label'>;
      readonly kind: 'rejected';
      readonly reason: string;
    };

const coding = z.object({ system: z.string().optional(), code: z.string() });
const responseSchema = z.object({
  resourceType: z.literal('Bundle'),
  entry: z.array(
    z.object({
      response: z.object({
        location: z.string().optional(),
        outcome: z.object({
          issue: z.tuple([z.object({ details: z.object({ coding: z.array(coding).min(1) }) })]),
        }),
      }),
    }),
  ),
});

/**
 * Sends resources as one transaction: of one patient, or Patients only. A refusal that names entries costs only those: the
 * rest is sent again without them. A refusal that names none, a transaction that is too large or that keeps losing against
 * others is halved until one resource is left.
 */
export async function sendTransaction(
  client: Pick<RegionClient, 'post'>,
  token: string,
  items: TransactionGroup,
): Promise<readonly ItemOutcome[]> {
  if (items.length === 0) return [];
  const answer = await client.post('', writeBundle(items), token);
  const stored = answer.status === 200 ? responseSchema.safeParse(answer.body) : undefined;
  if (stored?.success) return readFates(items, stored.data.entry);

  const { code, diagnostics, text } = readRefusal(answer);
  const named = readNamedEntries(diagnostics, items.length);
  const [only] = named.values();
  // Every entry is about the same patient: what one lacks, all lack.
  if (named.size === 1 && only !== undefined && isMissingPatient(only) && !items.some(isPatient))
    return items.map((item) => ({ item, kind: 'rejected', reason: only }));
  if (named.size > 0) {
    const refused = items.flatMap((item, index): ItemOutcome[] => {
      const reason = named.get(index);
      return reason === undefined ? [] : [{ item, kind: 'rejected', reason }];
    });
    const rest = items.filter((_, index) => !named.has(index));
    return [...refused, ...(await sendTransaction(client, token, rest))];
  }
  if (items.length > 1 && halvedCodes.has(code)) {
    const middle = Math.ceil(items.length / 2);
    return [
      ...(await sendTransaction(client, token, items.slice(0, middle))),
      ...(await sendTransaction(client, token, items.slice(middle))),
    ];
  }
  const reason = hideNumbers(`${code}: ${diagnostics || text}`);
  return items.map((item) => ({ item, kind: 'rejected', reason }));
}

/** Refusals that a smaller transaction may escape. */
const halvedCodes: ReadonlySet<string> = new Set([
  'INVALID_REQUEST',
  'TOO_LARGE',
  'INVALID_NHS_NUMBER',
  'CONFLICT',
]);

function isPatient({ resourceType }: ResourceItem): boolean {
  return resourceType === 'Patient';
}

/** The refusal of functions/usecases/submit-bundle.ts for an entry whose patient this organisation has never sent. */
function isMissingPatient(reason: string): boolean {
  return reason.startsWith('subject: no Patient');
}

function writeBundle(items: TransactionGroup): object {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: items.map(({ id, resource, resourceType }) => ({
      resource,
      request: { method: 'PUT', url: `${resourceType}/${id}` },
    })),
  };
}

function readFates(
  items: TransactionGroup,
  entries: z.infer<typeof responseSchema>['entry'],
): readonly ItemOutcome[] {
  return items.map((item, index): ItemOutcome => {
    const response = entries[index]?.response;
    const codes = (response?.outcome.issue[0].details.coding ?? [])
      .filter(({ system }) => system === fateSystem)
      .map(({ code }) => code);
    const [fate = 'not-stored', ...remarks] = codes;
    const personId = response?.location?.replace(/^Patient\//, '');
    return { item, kind: 'accepted', fate, remarks, ...(personId !== undefined && { personId }) };
  });
}

/** The entries that a refusal names, each with what is wrong with it: `Bundle.entry[3].resource: Condition.code: …; …`. */
function readNamedEntries(diagnostics: string, count: number): ReadonlyMap<number, string> {
  const named = new Map<number, string>();
  for (const [, digits, place, words] of diagnostics.matchAll(
    /Bundle\.entry\[(\d+)\]([^:]*): (.*?)(?=; Bundle\.entry\[|$)/gs,
  )) {
    const index = Number(digits);
    if (index >= count) continue;
    const element = (place ?? '').replace(/^\.resource\.?/, '');
    const reason = hideNumbers(element === '' ? (words ?? '') : `${element}: ${words ?? ''}`);
    named.set(index, [...(named.has(index) ? [named.get(index)] : []), reason].join('; '));
  }
  return named;
}
