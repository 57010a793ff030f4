import type { FhirResource } from 'fhir/r4.js';
import { type FeedMessage, readFeedEntries } from '../fhir/feed-message.ts';
import type { JsonObject } from '../fhir/json.ts';
import type { Hl7Result } from './issue.ts';
import type { Completion, ReadMessage } from './read-message.ts';

/**
 * The message as the shared way of feeds takes it: read by the reader of FHIR feeds, with what completes each resource. What
 * that reader does not take (an address that could run something) is an issue of the message.
 */
export function toFeedMessage({
  bundle,
  completions,
}: Extract<ReadMessage, { kind: 'file' }>): Hl7Result<FeedMessage> {
  const sent = (bundle.entry ?? []).flatMap(({ resource }, index) => {
    if (!resource?.id) return [];
    const { id, resourceType } = resource;
    return [{ index, place: '', resourceType, id, resource: resource as unknown as JsonObject }];
  });
  const { issues, message } = readFeedEntries(sent);
  if (issues.size > 0)
    return {
      ok: false,
      issues: [...issues.values()].flat().map((text) => ({ ...nowhere, condition: '102', text })),
    };
  const completionOf = (type: string, id: string) =>
    completions.find((one) => one.type === type && one.id === id);
  const value: FeedMessage = {
    ...message,
    patients: message.patients.map((one) => {
      const completion = completionOf('Patient', one.patient.localId);
      return completion?.type === 'Patient' ? { ...one, complete: completion.complete } : one;
    }),
    entries: message.entries.map((one) => {
      const completion = completionOf(one.entry.resourceType, one.entry.id);
      return completion ? { ...one, ...completeEntry(completion) } : one;
    }),
  };
  return { ok: true, value };
}

const nowhere = { segment: 'MSH', sequence: 1, field: 0 } as const;

function completeEntry(completion: Completion): Partial<FeedMessage['entries'][number]> {
  return {
    ...('onlyIfHeld' in completion && { onlyIfHeld: true }),
    complete: (said: FhirResource, held: FhirResource) => {
      if (
        completion.type === 'Encounter' &&
        said.resourceType === 'Encounter' &&
        held.resourceType === 'Encounter'
      )
        return completion.complete(said, held);
      if (
        completion.type === 'DocumentReference' &&
        said.resourceType === 'DocumentReference' &&
        held.resourceType === 'DocumentReference'
      )
        return completion.complete(said, held);
      return said;
    },
  };
}
