import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Relationship } from '../domain/access/relationship.ts';
import { agentPseudonym } from './agent-entry.ts';
import { relationshipClaimKey } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';

/**
 * Keeps a user's claim to be involved in somebody's care until it is over. Nothing is read, and the id may be nobody's: known or
 * not, a claim costs the same. A new claim of the user takes the place of their former one, which the audit log keeps.
 */
export async function putRelationshipClaim(
  store: Store,
  personId: string,
  claim: Relationship & { readonly subject: string },
): Promise<void> {
  const { organisation, subject, until } = claim;
  await store.client.send(
    new PutCommand({
      TableName: store.recordTable,
      Item: {
        ...relationshipClaimKey(personId, organisation, agentPseudonym(store.keys, subject)),
        type: 'RelationshipClaim',
        schemaVersion,
        ...claim,
        expiresAt: Math.ceil(Date.parse(until) / 1000),
      },
    }),
  );
}
