import type { LinkGrounds } from '../domain/identity/link-grounds.ts';
import { recordIdentityEvent } from './identity-event.ts';
import type { Decider } from './identity-mark.ts';
import { linkKey, type SourceRef } from './keys.ts';
import type { Link } from './person.ts';
import type { Relationship } from './relationship.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, type Write } from './transaction.ts';

/** How a source record came to its person, and why. */
export interface LinkDecision {
  readonly how: 'created' | 'nhs-number' | 'demographics' | 'steward';
  /** `none` where no demographics were weighed. */
  readonly policyVersion: string;
  readonly score?: number;
  readonly grounds?: LinkGrounds;
  /** The steward who decided, and what they wrote: for the ledger. */
  readonly decidedBy?: Decider;
  readonly comment?: string;
}

/** The writes that link a source record to a person for the first time: the link, and the entry of the ledger with its grounds. */
export function writeLink(
  store: Store,
  personId: string,
  source: SourceRef,
  { comment, decidedBy, grounds, how, policyVersion, score }: LinkDecision,
  relationships: readonly Relationship[],
): Write<'person-changed'>[] {
  const decision = { source, how, policyVersion, ...(score !== undefined && { score }) };
  const link: Link = {
    ...decision,
    linkedAt: instant(store),
    relationships: Object.fromEntries(
      relationships.map(({ organisation, ...proof }) => [organisation, proof]),
    ),
  };
  return [
    putNew(
      store.recordTable,
      { ...linkKey(personId, source), type: 'Link', schemaVersion, ...link },
      'person-changed',
    ),
    recordIdentityEvent(store, personId, {
      event: how === 'created' ? 'created' : 'linked',
      ...decision,
      ...(grounds && { grounds }),
      ...(decidedBy && { decidedBy }),
      ...(comment && { comment }),
    }),
  ];
}

/** Each organisation's relationship is prolonged on its own: a message that leaves the practice out ends nothing. */
export function refreshRelationships(
  { recordTable: TableName }: Store,
  personId: string,
  source: SourceRef,
  relationships: readonly Relationship[],
): Write<'person-changed'> {
  const sets = relationships.map((_, index) => `relationships.#o${index} = :r${index}`);
  return {
    item: {
      Update: {
        TableName,
        Key: linkKey(personId, source),
        UpdateExpression: `SET ${sets.join(', ')}`,
        ConditionExpression: 'attribute_exists(PK)',
        ExpressionAttributeNames: Object.fromEntries(
          relationships.map(({ organisation }, index) => [`#o${index}`, organisation]),
        ),
        ExpressionAttributeValues: Object.fromEntries(
          relationships.map(({ organisation, ...proof }, index) => [`:r${index}`, proof]),
        ),
      },
    },
    otherwise: 'person-changed',
  };
}
