import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { type AcknowledgementCode, writeAcknowledgement } from '../formats/hl7v2/acknowledgement.ts';
import { decodeMessage } from '../formats/hl7v2/charset.ts';
import { toFeedMessage } from '../formats/hl7v2/feed-message.ts';
import { type Header, readHeader, trimMessage } from '../formats/hl7v2/header.ts';
import { describeIssue, type ErrorCondition, type Hl7Issue } from '../formats/hl7v2/issue.ts';
import { isRejected, type ReadMessage, readMessage } from '../formats/hl7v2/read-message.ts';
import { digestOf } from '../store/digest.ts';
import { disclosuresOf, type FeedAnswer } from './answer-feed.ts';
import { type EntryAnswer, fileMessage } from './file-message.ts';
import { mergeOwnRecords, type RecordMergeRefusal } from './merge-own-records.ts';
import { type Refusal, type Region, type Result, refuse } from './region.ts';

/** The media type of a message in the encoding of bars and hats, and of its acknowledgement. */
export const hl7v2MediaType = 'application/hl7-v2';

/** What Lambda takes in one event; a larger message is refused unread. */
const maximumBytes = 6_000_000;

/** A message under way. */
interface Delivery {
  /** As far as it could be decoded. */
  readonly text: string;
  readonly header: Header | undefined;
  readonly now: Date;
}

/**
 * Files one HL7 v2 message of the caller's organisation, all or none, and answers its acknowledgement: AA, or a refusal whose
 * answer is AE (for what the message says) or AR (for what it is) with the places that are wrong. A message that is sent again
 * is known by its sender, MSH-10 and its text; the same MSH-10 with another text is refused.
 */
export async function fileHl7v2(
  region: Region,
  caller: Caller,
  message: { readonly bytes: Uint8Array; readonly newPersonId: () => string },
): Promise<Result<FeedAnswer>> {
  const decision = decideOperation(region.policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  if (message.bytes.length > maximumBytes) return refuseSize(region, message.bytes);
  const decoded = decodeMessage(message.bytes);
  const text = trimMessage(decoded.ok ? decoded.value : Buffer.from(message.bytes).toString('latin1'));
  const delivery: Delivery = { text, header: readHeader(text), now: region.store.now() };
  const read = decoded.ok ? readMessage(text, caller.organisation) : decoded;
  if (!read.ok)
    return refuseMessage(delivery, isRejected(read.issues) ? 'AR' : 'AE', 'INVALID_REQUEST', read.issues);
  return read.value.kind === 'merge'
    ? mergeRecords(region, caller, delivery, read.value)
    : fileResources(region, caller, delivery, read.value, message.newPersonId);
}

async function fileResources(
  region: Region,
  caller: Caller,
  delivery: Delivery,
  read: Extract<ReadMessage, { kind: 'file' }>,
  newPersonId: () => string,
): Promise<Result<FeedAnswer>> {
  const { controlId, sendingApplication } = read.header;
  const feed = toFeedMessage(read);
  if (!feed.ok) return refuseMessage(delivery, 'AE', 'INVALID_REQUEST', feed.issues);
  const filed = await fileMessage(region, caller, feed.value, {
    requestId: `hl7v2 ${sendingApplication} ${controlId}`,
    bodyDigest: digestOf(delivery.text),
    newPersonId,
  });
  if (!filed.ok) return refuseFiling(delivery, filed);
  const { entries } = filed.value;
  return accept(delivery, describeFates(entries), disclosuresOf(entries));
}

async function mergeRecords(
  region: Region,
  caller: Caller,
  delivery: Delivery,
  { from, header, into }: Extract<ReadMessage, { kind: 'merge' }>,
): Promise<Result<FeedAnswer>> {
  const merged = await mergeOwnRecords(region, caller, { from, into, messageId: header.controlId });
  if (!merged.ok) return merged;
  if (merged.value.ok) {
    const { changed, personId } = merged.value;
    const disclosures = [{ personId, resourceCount: 1 }];
    return accept(delivery, `Patient ${changed ? 'merged' : 'unchanged'}`, disclosures);
  }
  const [segment, field, condition, text] = mergeIssues[merged.value.reason];
  return refuseMessage(delivery, 'AE', 'INVALID_REQUEST', [{ segment, sequence: 1, field, condition, text }]);
}

/** What an acknowledgement says of a merge that was not made. */
const mergeIssues: Readonly<
  Record<RecordMergeRefusal, readonly [segment: string, field: number, ErrorCondition, string]>
> = {
  'unknown-survivor': ['PID', 3, '204', 'names nobody whom this organisation has sent'],
  'unknown-merged': ['MRG', 1, '204', 'names nobody whom this organisation has sent'],
  unverified: ['MRG', 1, '204', 'or PID-3 names a record that is in quarantine'],
  'nhs-numbers-differ': ['MRG', 1, '205', 'has another verified NHS number than PID-3; a steward decides'],
  'others-records': [
    'MRG',
    1,
    '207',
    'and PID-3 both carry records of other organisations; a steward decides',
  ],
  'not-duplicate': ['MRG', 1, '207', 'and PID-3 are not one person: a steward decided so'],
  'human-decision': ['MRG', 1, '207', 'carries a record that a steward placed; a steward decides'],
  restricted: ['MRG', 1, '207', 'cannot be merged by a message; a steward decides'],
  'stale-version': ['MRG', 1, '206', 'changed at the same moment: send it again'],
  'too-large': ['MRG', 1, '207', 'has more records than one merge can move; a steward decides'],
  changed: ['MRG', 1, '206', 'changed at the same moment: send it again'],
  'not-merged': ['MRG', 1, '207', 'cannot be merged'],
  'merged-further': ['MRG', 1, '207', 'cannot be merged'],
  'no-record-left': ['MRG', 1, '207', 'cannot be merged'],
};

/** `Patient person-created; Observation stored x12`: what became of the message, in words of the FHIR feeds. */
function describeFates(entries: readonly EntryAnswer[]): string {
  const counts = new Map<string, number>();
  for (const { fate, possibleDuplicates = 0, reason, resourceType } of entries) {
    const remark = reason ?? (possibleDuplicates > 0 ? 'possible-duplicate' : undefined);
    const words = `${resourceType} ${fate}${remark ? ` (${remark})` : ''}`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].map(([words, count]) => (count > 1 ? `${words} x${count}` : words)).join('; ');
}

function accept(
  delivery: Delivery,
  text: string,
  disclosures: FeedAnswer['disclosures'],
): Result<FeedAnswer> {
  return { ok: true, value: { ...answerOf(delivery, 'AA', { text }), disclosures } };
}

const largerThanTaken = 'is larger than is taken: 6 MB, 4 MB a document, 100 changes';

/** What the shared way of feeds refuses, in terms of the acknowledgement; what is no fault of the message stays as it is. */
const filingConditions: Readonly<Partial<Record<ErrorCode, readonly [ErrorCondition, string]>>> = {
  IDEMPOTENCY_MISMATCH: ['205', 'was used before by another message'],
  CONFLICT: ['206', 'changed at the same moment: send it again'],
  TOO_LARGE: ['207', largerThanTaken],
  INVALID_REQUEST: ['207', 'cannot be filed'],
  STALE_VERSION: ['206', 'changed at the same moment: send it again'],
};

function refuseSize({ store }: Region, bytes: Uint8Array): Refusal {
  const text = Buffer.from(bytes).toString('latin1');
  const delivery: Delivery = { text, header: readHeader(trimMessage(text.slice(0, 1000))), now: store.now() };
  const issue: Hl7Issue = { segment: 'MSH', sequence: 1, field: 0, condition: '207', text: largerThanTaken };
  return refuseMessage(delivery, 'AR', 'TOO_LARGE', [issue]);
}

function refuseFiling(delivery: Delivery, refusal: Refusal): Refusal {
  const [condition, text] = filingConditions[refusal.code] ?? [];
  if (condition === undefined || text === undefined) return refusal;
  const field = condition === '205' ? 10 : 0;
  const issues: Hl7Issue[] = [{ segment: 'MSH', sequence: 1, field, condition, text }];
  return refuseMessage(delivery, 'AE', refusal.code, issues);
}

function refuseMessage(
  delivery: Delivery,
  acknowledgement: AcknowledgementCode,
  code: ErrorCode,
  issues: readonly Hl7Issue[],
): Refusal {
  return refuse(code, {
    issues: issues.map(describeIssue),
    answer: {
      ...answerOf(delivery, acknowledgement, { issues }),
      reject: { format: 'hl7v2', messageId: delivery.header?.controlId ?? '', message: delivery.text },
    },
  });
}

function answerOf(
  { header, now }: Delivery,
  code: AcknowledgementCode,
  said: { readonly issues?: readonly Hl7Issue[]; readonly text?: string },
) {
  const body = writeAcknowledgement(header, code, { controlId: crypto.randomUUID(), now, ...said });
  return { status: 200, headers: { 'Content-Type': `${hl7v2MediaType}; charset=utf-8` }, body };
}
