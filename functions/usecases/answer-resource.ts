import { decideOperation } from '../domain/access/decide-access.ts';
import { idOfCondition, readPlainEntry } from '../formats/fhir/feed-entry.ts';
import { readFeedEntries } from '../formats/fhir/feed-message.ts';
import { isJsonObject, type JsonValue } from '../formats/fhir/json.ts';
import { entryIssue, statusOf } from '../formats/fhir/transaction-response.ts';
import { digestOf } from '../store/digest.ts';
import { type AnswerFeed, disclosuresOf, type FeedRequest } from './answer-feed.ts';
import { type EntryAnswer, fileMessage } from './file-message.ts';
import { type Refusal, refuse } from './region.ts';

/**
 * Files one resource that was sent alone, by POST or, with its id in the path, by PUT: as a message of its own. It is answered
 * where it is and in which version, with an OperationOutcome: a feed may not read the record.
 */
export const answerResource: AnswerFeed = async (region, caller, request) => {
  const decision = decideOperation(region.policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  const read = readEntry(request);
  if (!read.ok) return read;
  const { expectedVersion, receivedAt, requestId } = request;
  const withVersion = { ...read.entry, ...(expectedVersion !== undefined && { expectedVersion }) };
  const { issues, message } = readFeedEntries(
    [withVersion],
    receivedAt === undefined ? {} : { sentAt: receivedAt },
  );
  const found = [...issues.values()].flat();
  if (found.length > 0) return refuse('INVALID_REQUEST', { issues: found });
  // A person's version is the region's own, made of all that is known of them.
  if (expectedVersion !== undefined && message.entries.length === 0)
    return refuse('INVALID_REQUEST', { issues: ['If-Match: taken for a clinical resource alone'] });
  const filed = await fileMessage(region, caller, message, {
    requestId,
    newPersonId: () => crypto.randomUUID(),
    // The same text to another address is another request.
    bodyDigest: digestOf(`${request.type}/${request.id ?? ''} ${request.ifNoneExist ?? ''} ${request.body}`),
  });
  if (!filed.ok) return filed;
  const [answer] = filed.value.entries;
  if (!answer)
    return refuse('INVALID_REQUEST', { issues: ['resourceType: not a type that is kept by itself'] });
  return {
    ok: true,
    value: {
      status: Number(statusOf(answer).slice(0, 3)),
      headers: headersOf(request.baseUrl, answer),
      body: { resourceType: 'OperationOutcome', issue: [entryIssue(answer)] },
      disclosures: disclosuresOf(filed.value.entries),
    },
  };
};

function readEntry(
  request: FeedRequest,
): { readonly ok: true; readonly entry: Parameters<typeof readFeedEntries>[0][number] } | Refusal {
  const { id, ifNoneExist, resource, type } = request;
  if (!isJsonObject(resource) || resource.resourceType !== type)
    return refuse('INVALID_REQUEST', { issues: ['resourceType: must be the type in the path'] });
  if (id !== undefined && resource.id !== id)
    return refuse('INVALID_REQUEST', { issues: [`${type}.id: must be the id in the path`] });
  const condition = ifNoneExist === undefined ? undefined : idOfCondition(ifNoneExist);
  if (ifNoneExist !== undefined && condition === undefined)
    return refuse('INVALID_REQUEST', { issues: ['If-None-Exist: must be identifier=system|value'] });
  const named: JsonValue = condition === undefined ? resource : { ...resource, id: condition };
  const read = readPlainEntry({ resource: named }, { index: 0, place: '' });
  if (!read.ok) return refuse('INVALID_REQUEST', { issues: read.issues });
  return { ok: true, entry: { ...read.entry, ...(condition !== undefined && { onlyIfNew: true }) } };
}

/** A Patient is where the person is whom it is part of; a clinical resource under its own opaque id. */
function headersOf(
  baseUrl: string,
  { entryId, personId, resourceType, version }: EntryAnswer,
): Record<string, string> {
  if (entryId && version)
    return {
      Location: `${baseUrl}/${resourceType}/${entryId}/_history/${version}`,
      ETag: `W/"${version}"`,
    };
  return personId ? { Location: `${baseUrl}/Patient/${personId}` } : {};
}
