import type { FhirResource } from 'fhir/r4.js';
import { type FeedMessage, readFeedEntries } from '../fhir/feed-message.ts';
import type { JsonObject } from '../fhir/json.ts';
import type { Completion, ReadMessage } from './read-message.ts';

/** The message as the shared way of feeds takes it: read by the reader of FHIR feeds, with what completes each resource. */
export function toFeedMessage({ bundle, completions }: Extract<ReadMessage, { kind: 'file' }>): FeedMessage {
  const sent = (bundle.entry ?? []).flatMap(({ resource }, index) => {
    if (!resource?.id) return [];
    const { id, resourceType } = resource;
    return [{ index, place: '', resourceType, id, resource: resource as unknown as JsonObject }];
  });
  const { issues, message } = readFeedEntries(sent);
  // What is read from a message is made here: an issue is a defect of ours, never the sender's.
  if (issues.size > 0) throw new Error(`an HL7 v2 message became FHIR that is none: ${[...issues.values()]}`);
  const completionOf = (type: string, id: string) =>
    completions.find((one) => one.type === type && one.id === id);
  return {
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
}

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
