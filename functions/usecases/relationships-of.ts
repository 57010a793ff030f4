import { organisationOf } from '../domain/access/region-policy.ts';
import type { Relationship } from '../domain/access/relationship.ts';
import { dayInMilliseconds, type FedRelationshipKind } from '../domain/access/relationship-rules.ts';
import type { Demographics } from '../domain/identity/demographics.ts';
import { dateSortKey } from '../domain/record/clinical-date.ts';
import type { Involvement } from '../formats/fhir/involvement.ts';
import { instant } from '../store/store.ts';
import type { Region } from './region.ts';

/** Sending its own record of a person shows that the organisation is involved; so does being named as the practice. */
export function relationshipsOfPatient(
  region: Region,
  organisation: string,
  { generalPractitioner: practice }: Demographics,
): Relationship[] {
  const found = [lasting(region, 'feed', organisation)];
  if (practice && organisationOf(region.policy, practice))
    found.push(lasting(region, 'gp-registration', practice));
  return found;
}

/** When the registration at a practice ends if another is named now. */
export function movesAtOf({ policy, store }: Region): string {
  return later(store.now(), policy.relationships['gp-registration'].afterEndDays);
}

/**
 * What an entry, `Type/id` under its opaque id, proves of organisations of the region. One that proves nothing any more is
 * said too: it takes the place of what it said before. Where it names no organisation, its sender speaks for itself.
 */
export function relationshipsOfEntry(
  region: Region,
  sender: string,
  basis: string,
  { ended, kind, organisations, since, state }: Involvement,
): Relationship[] {
  const { policy, store } = region;
  const now = store.now();
  const named = organisations.length > 0 || kind === 'referral' ? organisations : [sender];
  const proofs = named.flatMap((ods): Relationship[] => {
    const organisation = organisationOf(policy, ods);
    if (!organisation || state === 'void') return [];
    const shown = kindOf(kind, organisation.type);
    const rule = policy.relationships[shown];
    const made = kind === 'referral' ? (momentOf(since) ?? now) : now;
    const end = momentOf(ended) ?? (state === 'ended' ? now : undefined);
    return [
      {
        ...lasting(region, shown, ods),
        basis,
        until: end ? later(end, rule.afterEndDays) : later(made, rule.days),
      },
    ];
  });
  return proofs.length > 0 ? proofs : [overNow(region, sender, basis, kindOf(kind))];
}

/** That an entry proves nothing any more, as something it says: it takes the place of what it said before. */
export function overNow(
  { store }: Region,
  organisation: string,
  basis: string,
  kind: FedRelationshipKind = 'encounter',
): Relationship {
  return { organisation, kind, since: instant(store), until: instant(store), basis };
}

/** An episode of care is residence where a care home is responsible, else the work of a team. */
function kindOf(kind: Involvement['kind'], organisationType?: string): FedRelationshipKind {
  if (kind !== 'episode') return kind;
  return organisationType === 'care-home' ? 'care-home' : 'care-team';
}

function lasting({ policy, store }: Region, kind: FedRelationshipKind, organisation: string): Relationship {
  return {
    organisation,
    kind,
    since: instant(store),
    until: later(store.now(), policy.relationships[kind].days),
  };
}

function later(moment: Date, days: number): string {
  return new Date(moment.getTime() + days * dayInMilliseconds).toISOString();
}

function momentOf(text: string | undefined): Date | undefined {
  const key = text === undefined ? undefined : dateSortKey(text);
  return key === undefined ? undefined : new Date(key.length > 10 ? `${key}Z` : key);
}
