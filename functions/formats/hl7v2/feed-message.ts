import { type FeedMessage, readFeedEntries } from '../fhir/feed-message.ts';
import type { JsonObject } from '../fhir/json.ts';
import type { Hl7Result } from './issue.ts';
import type { ReadMessage } from './read-message.ts';

/**
 * The message as the shared way of feeds takes it: read by the reader of FHIR feeds, with what completes each resource. What
 * that reader does not take (an address that could run something) is an issue of the message.
 */
export function toFeedMessage({
  bundle,
  completions,
  patient,
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
  const value: FeedMessage = {
    ...message,
    patients: message.patients.map((one) => ({ ...one, complete: patient.complete })),
    entries: message.entries.map((one) => {
      const { id, resourceType } = one.entry;
      const completion = completions.find((other) => other.type === resourceType && other.id === id);
      if (!completion) return one;
      const { complete, onlyIfHeld } = completion;
      return { ...one, complete, ...(onlyIfHeld && { onlyIfHeld }) };
    }),
  };
  return { ok: true, value };
}

const nowhere = { segment: 'MSH', sequence: 1, field: 0 } as const;
