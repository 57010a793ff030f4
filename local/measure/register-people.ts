import { randomUUID } from 'node:crypto';
import { mayView } from '../../functions/domain/access/agreement.ts';
import type { Caller } from '../../functions/domain/access/caller.ts';
import { readPatient } from '../../functions/formats/fhir/patient.ts';
import { type SourceRef, sourceRef } from '../../functions/store/keys.ts';
import { instant } from '../../functions/store/store.ts';
import { transact } from '../../functions/store/transaction.ts';
import type { Region } from '../../functions/usecases/region.ts';
import {
  type IncomingPatient,
  planRegistrations,
  type Registration,
} from '../../functions/usecases/register-patients.ts';
import { movesAtOf, relationshipsOfPatient } from '../../functions/usecases/relationships-of.ts';
import { submitBundle } from '../../functions/usecases/submit-bundle.ts';
import type { PersonRow } from '../csv/read-people.ts';
import { feedOf } from '../demo/callers.ts';
import { describeRow, impossibleBirthDate } from './describe-row.ts';
import type { MeasuredRegion } from './fresh-region.ts';

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

/** Registers rows as the source records of one organisation. */
export interface Register {
  /** Sends one row as a transaction Bundle of its own, as the organisation's feed would. */
  readonly add: (row: PersonRow) => Promise<Registered>;
  /** Counts the people made so far, as the region's stream function does. */
  readonly count: () => Promise<void>;
}

/** Opens a {@link Register} for an empty region. */
export function openRegister(region: MeasuredRegion): Register {
  const caller = feedOf(firstOrganisation(region), 'measure');
  let added = 0;
  let uncounted = 0;
  const count = async () => {
    await region.countPeople(uncounted);
    uncounted = 0;
  };
  const add = async (row: PersonRow): Promise<Registered> => {
    if (added % countEvery === 0) await count();
    added += 1;
    const typed = impossibleBirthDate(row);
    const {
      fate,
      personId,
      possibleDuplicates = 0,
      reason,
    } = typed === undefined
      ? await submit(region, caller, row)
      : await registerAsTyped(region, caller, row, typed);
    if (fate === 'person-created') uncounted += 1;
    return {
      source: sourceRef(region.store.keys, caller.organisation, localIdOf(row)),
      ...(personId && { personId }),
      queued: possibleDuplicates > 0 || reason !== undefined,
    };
  };
  return { add, count };
}

function localIdOf({ row }: PersonRow): string {
  return `row-${row}`;
}

type Fate = Omit<Registration, 'fate'> & { readonly fate: string };

async function submit(region: Region, caller: Caller, row: PersonRow): Promise<Fate> {
  const local = localIdOf(row);
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { resource: { ...describeRow(row), id: local }, request: { method: 'PUT', url: `Patient/${local}` } },
    ],
  };
  const submitted = await submitBundle(region, caller, {
    bundle,
    body: local,
    requestId: local,
    newPersonId: () => randomUUID(),
  });
  const [entry] = submitted.ok ? submitted.value.entries : [];
  if (!entry) throw new Error(`row ${row.row} was refused: ${submitted.ok ? 'no entry' : submitted.code}`);
  return entry;
}

/** FHIR cannot hold such a birth date, so the record is registered below the Bundle, with the date as it was typed. */
async function registerAsTyped(
  region: Region,
  caller: Caller,
  row: PersonRow,
  birthDate: string,
): Promise<Registration> {
  const local = localIdOf(row);
  const read = readPatient({ ...describeRow(row), id: local });
  if (!read.ok) throw new Error(`row ${row.row} is no record: ${read.issues.join(', ')}`);
  const { demographics, nhsNumber, resource } = read.patient;
  const incoming: IncomingPatient = {
    source: sourceRef(region.store.keys, caller.organisation, local),
    patient: resource,
    demographics: { ...demographics, birthDate },
    digest: local,
    sentAt: instant(region.store),
    isDated: false,
    news: {
      said: relationshipsOfPatient(region, caller.organisation, demographics),
      movesAt: movesAtOf(region),
      labels: [],
    },
    supersededNhsNumbers: [],
    ...(nhsNumber?.nhsNumber && { nhsNumber: nhsNumber.nhsNumber }),
  };
  const { registrations, settle, writes } = await planRegistrations(region, [incoming], () => randomUUID());
  const [registration] = registrations;
  const outcome = await transact(region.store, writes);
  if (!outcome.ok || !registration) throw new Error(`row ${row.row} could not be stored`);
  await settle();
  return registration;
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
  const found = policy.organisations.find(({ ods }) =>
    mayView(policy, { organisation: ods, role: 'clinician' }),
  );
  if (!found) throw new Error(`${policy.name} has no organisation whose clinicians view`);
  return found.ods;
}
