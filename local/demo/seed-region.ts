import { randomUUID } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { isJsonObject } from '../../functions/formats/fhir/json.ts';
import { groupTransactions } from '../cli/feed/group-transactions.ts';
import type { ResourceItem } from '../cli/feed/resource-item.ts';
import { sendTransaction } from '../cli/feed/send-transaction.ts';
import type { RegionClient } from '../cli/region-client.ts';
import { callerOf, feedOf } from './callers.ts';
import { type DemoRecord, makeDemoRegion } from './demo-region.ts';
import { lookAround } from './look-around.ts';

/** Where a named person ended up. */
export interface SeededHero {
  readonly nhsNumber: string;
  /** Absent for a person in quarantine. */
  readonly personId?: string;
}

/** What seeding needs. */
export interface SeedInput {
  readonly policy: RegionPolicy;
  readonly client: RegionClient;
  readonly tokenFor: (caller: Caller) => Promise<string>;
  readonly seed: number;
  /** Epoch milliseconds; the same moment makes the same people again. */
  readonly now: number;
  /** Ends the seeding between two records. */
  readonly signal: AbortSignal;
  readonly onStart: (recordCount: number) => void;
  readonly onRecord: (done: number) => void;
}

/** Organisations send at the same time, as they would. */
const senders = 4;

/**
 * Fills a region with made-up people through its own API: each organisation's feed sends its transaction Bundles, and a
 * clinician records the objections, and staff look around. It can be repeated after an interruption: what is held already stays as it is.
 */
export async function seedRegion(input: SeedInput): Promise<ReadonlyMap<string, SeededHero>> {
  const { policy, client, tokenFor, onRecord, signal } = input;
  const region = makeDemoRegion(policy, input);
  const heroes = new Map<string, SeededHero>();
  for (const [hero, nhsNumber] of region.heroNumbers) heroes.set(hero, { nhsNumber });
  input.onStart(region.waves.reduce((sum, wave) => sum + wave.length, 0));

  const tokens = new Map<string, string>();
  for (const organisation of new Set(region.waves.flat().map((record) => record.organisation)))
    tokens.set(organisation, await tokenFor(feedOf(organisation, randomUUID())));

  let done = 0;
  for (const wave of region.waves) {
    const queue = wave.values();
    const send = async (): Promise<void> => {
      for (const record of queue) {
        signal.throwIfAborted();
        const personId = await sendRecord(client, tokens.get(record.organisation) ?? '', record);
        const { hero } = record;
        const nhsNumber = hero === undefined ? undefined : region.heroNumbers.get(hero);
        if (hero !== undefined && nhsNumber !== undefined && personId !== undefined)
          heroes.set(hero, { nhsNumber, personId });
        done += 1;
        onRecord(done);
      }
    };
    await Promise.all(Array.from({ length: senders }, send));
  }

  for (const { hero, source } of region.objections) {
    const personId = heroes.get(hero)?.personId;
    if (personId !== undefined) await object(input, personId, source);
  }
  await lookAround(client, policy, (hero) => heroes.get(hero)?.personId, tokenFor);
  return heroes;
}

async function sendRecord(
  client: RegionClient,
  token: string,
  { entries, patient }: DemoRecord,
): Promise<string | undefined> {
  const patientId = patient.id ?? '';
  const items = [patient, ...entries].map((sent): ResourceItem => {
    const resource: unknown = JSON.parse(JSON.stringify(sent));
    if (!isJsonObject(resource)) throw new Error('a generated resource is no JSON object');
    const { id = '', resourceType } = sent;
    return { file: 'demo', label: `${resourceType}/${id}`, resourceType, id, resource, patientId };
  });
  let personId: string | undefined;
  for (const group of groupTransactions(items).groups)
    for (const outcome of await sendTransaction(client, token, group)) {
      if (outcome.kind === 'rejected')
        throw new Error(`the region refused a made-up record: ${outcome.item.label}: ${outcome.reason}`);
      personId ??= outcome.personId;
    }
  return personId;
}

async function object(
  { client, policy, tokenFor }: SeedInput,
  personId: string,
  source: string | undefined,
): Promise<void> {
  const clinician = callerOf(policy, 'clinician', randomUUID());
  if (!clinician.ok) return;
  const answer = await client.post(
    '/Consent',
    {
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: `Patient/${personId}` },
      provision: { type: 'deny', ...(source && { actor: [custodian(source)] }) },
    },
    await tokenFor(clinician.caller),
  );
  if (answer.status !== 201) throw new Error(`the region refused a made-up objection with ${answer.status}`);
}

/** The actor of a provision about what the organisation sent. */
function custodian(ods: string) {
  return {
    role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'CST' }] },
    reference: { identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: ods } },
  };
}
