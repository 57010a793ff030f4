import { ageBandOf } from '../domain/access/childhood.ts';
import { isApplication } from '../domain/access/roles.ts';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import {
  hasName,
  isAfterDeath,
  type PrivacyRule,
  sharesSurname,
  staffName,
} from '../domain/audit/privacy-rules.ts';
import { foldName } from '../domain/matching/fold-name.ts';
import { findCandidates } from '../store/blocking-key.ts';
import { getPersons, knownIds, type Person } from '../store/person.ts';
import {
  addPatientsOfHour,
  type NewPrivacyAlert,
  type PatientsOfHour,
  privacyAlertId,
  raiseAlert,
} from '../store/privacy-alert.ts';
import type { Store } from '../store/store.ts';
import { transact } from '../store/transaction.ts';
import type { Region } from './region.ts';

/** The operation by which a user claims a part in somebody's care. */
const claimOperation = 'break-glass';

/** Records that are looked through for the home of one who looks: a whole postcode has fewer. */
const homesRead = 200;

/**
 * Holds audit entries against the privacy rules and puts what they find on the privacy officer's list, each once however
 * often an entry is delivered. Gives the rules of the new alerts. An attempt that was refused is as telling as a look.
 */
export async function raisePrivacyAlerts(
  region: Region,
  entries: readonly AuditEntry[],
  operations: { readonly viewing: ReadonlySet<string>; readonly searching: ReadonlySet<string> },
): Promise<PrivacyRule[]> {
  const { patientsAnHour, foundAnHour } = region.policy.privacy;
  const searches = entries.filter(({ operation }) => operations.searching.has(operation));
  const looks = entries.filter(
    ({ caller, operation, outcome, personId }) =>
      personId && outcome !== 'failed' && operations.viewing.has(operation) && !isApplication(caller.role),
  );
  return [
    ...(await judgeLooks(region, looks)),
    ...(await judgeVolume(region, 'unusual-volume', patientsOfHours(looks, 'opened'), patientsAnHour)),
    // A system prepares the lists of a whole trust: its quota is its limit.
    ...(await judgeVolume(
      region,
      'harvest',
      patientsOfHours(
        searches.filter(({ caller }) => !isApplication(caller.role)),
        'found',
      ),
      foundAnHour,
    )),
    ...(await reportSpentQuotas(region, searches)),
    ...(await reportClaims(region, entries)),
  ];
}

/** Whoever is stopped by a quota is asked about, a system as well: once for an hour. */
async function reportSpentQuotas({ store }: Region, searches: readonly AuditEntry[]): Promise<PrivacyRule[]> {
  const raised: PrivacyRule[] = [];
  for (const entry of searches)
    if (entry.errorCode === 'THROTTLED')
      raised.push(...(await raise(store, 'harvest', entry, entry.recordedAt.slice(0, 13))));
  return raised;
}

/** Every claim is one to be asked about, whoever made it, of whomever: also of nobody. */
async function reportClaims({ store }: Region, entries: readonly AuditEntry[]): Promise<PrivacyRule[]> {
  const raised: PrivacyRule[] = [];
  for (const entry of entries)
    if (entry.operation === claimOperation && entry.outcome === 'success')
      raised.push(...(await raise(store, 'break-glass', entry, entry.id)));
  return raised;
}

async function judgeLooks(region: Region, looks: readonly AuditEntry[]): Promise<PrivacyRule[]> {
  const { policy, store } = region;
  const persons = await getPersons(
    store,
    looks.flatMap(({ personId }) => personId ?? []),
  );
  const byId = new Map(persons.flatMap((person) => knownIds(person).map((id) => [id, person] as const)));
  const raised: PrivacyRule[] = [];
  for (const look of looks) {
    const person = byId.get(look.personId ?? '');
    if (!person) continue;
    const found: PrivacyRule[] = [];
    const own = await judgeName(store, look, person);
    if (own) found.push(own);
    if (isAfterDeath(person.demographics, look, policy)) found.push('after-death');
    const age = ageBandOf(person.demographics.birthDate, look.recordedAt.slice(0, 10));
    if (policy.privacy.youngChildren && age === 'under-13') found.push('young-child');
    for (const rule of found)
      raised.push(...(await raise(store, rule, look, `${person.personId} ${look.recordedAt.slice(0, 10)}`)));
  }
  return raised;
}

/**
 * Staff are known by name alone, so their home is looked for in the index: somebody of their full name at the patient's
 * address. It finds who is registered in the region; a namesake at one address is a coincidence for a person to judge.
 */
async function judgeName(
  store: Store,
  { caller }: AuditEntry,
  { demographics }: Person,
): Promise<PrivacyRule | undefined> {
  const staff = staffName(caller.name);
  if (!staff) return undefined;
  if (hasName(demographics, staff)) return 'own-record';
  const { addressLine, postcode } = demographics;
  if (!sharesSurname(demographics, staff) || !addressLine || !postcode) return undefined;
  const { candidates } = await findCandidates(store, [{ kind: 'postcode', value: postcode }], homesRead);
  const home = foldName(addressLine);
  const livesThere = candidates.some(({ variants }) =>
    variants.some(
      ({ addressLine: line, family, given }) =>
        line === home && given[0] === staff.given && family?.split(' ').at(-1) === staff.family,
    ),
  );
  return livesThere ? 'household' : undefined;
}

/** The people of successful entries, by user and hour, with the last entry of each. */
function patientsOfHours(
  entries: readonly AuditEntry[],
  what: PatientsOfHour['what'],
): Iterable<PatientsOfHour & { readonly last: AuditEntry }> {
  const hours = new Map<string, PatientsOfHour & { last: AuditEntry; personIds: Set<string> }>();
  for (const entry of entries) {
    if (entry.outcome !== 'success' || !entry.personId) continue;
    const hour = entry.recordedAt.slice(0, 13);
    const { subject } = entry.caller;
    const known = hours.get(`${hour} ${subject}`);
    const personIds = known?.personIds ?? new Set<string>();
    personIds.add(entry.personId);
    hours.set(`${hour} ${subject}`, { subject, what, hour, personIds, last: entry });
  }
  return hours.values();
}

async function judgeVolume(
  { store }: Region,
  rule: PrivacyRule,
  hours: ReturnType<typeof patientsOfHours>,
  most: number,
): Promise<PrivacyRule[]> {
  const raised: PrivacyRule[] = [];
  for (const { last, ...one } of hours) {
    const patients = await addPatientsOfHour(store, one, most);
    if (patients > most) raised.push(...(await raise(store, rule, last, one.hour)));
  }
  return raised;
}

async function raise(
  store: Store,
  rule: PrivacyRule,
  { caller, id: entryId, outcome, recordedAt }: AuditEntry,
  matter: string,
): Promise<PrivacyRule[]> {
  const alert: NewPrivacyAlert = {
    rule,
    subject: caller.subject,
    organisation: caller.organisation,
    at: recordedAt,
    entryId,
    succeeded: outcome === 'success',
  };
  const id = privacyAlertId(store, rule, caller.subject, matter);
  const outcomeOf = await transact(store, raiseAlert(store, id, alert));
  if (!outcomeOf.ok && outcomeOf.contended) throw new Error('an alert is being written by somebody else');
  return outcomeOf.ok ? [rule] : [];
}
