import { comparisonFields } from '../domain/matching/comparison-fields.ts';
import { matchPolicy } from '../domain/matching/match-policy.ts';
import { rankCandidates } from '../domain/matching/rank-candidates.ts';
import type { Attribution, IncomingPatient } from '../store/identity.ts';
import { findNhsNumberOwner } from '../store/nhs-number.ts';
import { getPerson, type Person } from '../store/person.ts';
import type { QuarantineReason, SourceRecord } from '../store/source-record.ts';
import { candidatePeople } from './candidate-people.ts';
import { comparedWeight, crossCheck } from './cross-check.ts';
import type { Region } from './region.ts';

/**
 * Decides whose record a Patient message is. A verified NHS number decides, if the demographics do not contradict it; a
 * number that is not verified is a claim and leads to quarantine; without a number only a certain and unique match
 * links. Two people with different verified numbers are never one; a linked record that suddenly carries another verified
 * number is a conflict for people to look at: the message may be about somebody else (an overlay).
 */
export async function resolveIdentity(
  region: Region,
  incoming: IncomingPatient,
  claim: QuarantineReason | undefined,
  existing: SourceRecord | undefined,
  newPersonId: () => string,
): Promise<Attribution | { readonly kind: 'conflict' }> {
  const { store } = region;
  const { nhsNumber } = incoming;
  const linked = existing?.personId ? await getPerson(store, existing.personId) : undefined;
  if (claim && !linked) return { kind: 'quarantine', reason: claim };

  if (linked) {
    // The link stands; a different verified number is taken over only when the message itself supersedes the old one.
    const replaces = incoming.supersededNhsNumbers.some((number) => number === linked.nhsNumber);
    if (nhsNumber && linked.nhsNumber && nhsNumber !== linked.nhsNumber && !replaces)
      return { kind: 'conflict' };
    return link(linked, 'nhs-number', undefined, false);
  }
  for (const number of nhsNumber ? [nhsNumber, ...incoming.supersededNhsNumbers] : []) {
    const owner = await findNhsNumberOwner(store, number);
    const person = owner && (await getPerson(store, owner.personId));
    if (!person) continue;
    const evidence = bestEvidence(region, incoming, person);
    return evidence === undefined || evidence >= 0
      ? link(person, 'nhs-number', undefined, true)
      : { kind: 'quarantine', reason: 'nhs-number-of-another-person' };
  }
  return byDemographics(region, incoming, newPersonId);
}

function link(
  person: Person,
  how: 'nhs-number' | 'demographics',
  score: number | undefined,
  newLink: boolean,
): Attribution {
  return {
    kind: 'link',
    person,
    how,
    policyVersion: matchPolicy.version,
    newLink,
    ...(score !== undefined && { score }),
  };
}

/** The weight of the best pair of names, in bits; undefined when nothing compares. */
function bestEvidence(region: Region, incoming: IncomingPatient, person: Person): number | undefined {
  const weights = comparisonFields(incoming.demographics).flatMap((fields) => {
    const compared = crossCheck(region, fields, person);
    return compared ? [comparedWeight(compared)] : [];
  });
  return weights.length > 0 ? Math.max(...weights) : undefined;
}

async function byDemographics(
  region: Region,
  incoming: IncomingPatient,
  newPersonId: () => string,
): Promise<Attribution> {
  const { policy, store } = region;
  const possibleDuplicates = new Set<string>();
  for (const query of comparisonFields(incoming.demographics)) {
    const found = await candidatePeople(region, query, { consistent: true });
    const ranked = rankCandidates(query, found.candidates, policy.matching, found.truncated);
    for (const { personId, grade, score } of ranked.candidates) {
      const person = grade === 'possible' ? undefined : await getPerson(store, personId);
      // A restricted person takes no automatic link: it would tell a sender that the person is held here.
      if (!person || person.demographics.restricted) continue;
      const differs = incoming.nhsNumber && person.nhsNumber && incoming.nhsNumber !== person.nhsNumber;
      if (grade === 'certain' && !differs && !incoming.demographics.restricted)
        return link(person, 'demographics', score, true);
      if (!differs) possibleDuplicates.add(personId);
    }
  }
  return {
    kind: 'create',
    personId: newPersonId(),
    possibleDuplicates: [...possibleDuplicates].slice(0, 10),
  };
}
