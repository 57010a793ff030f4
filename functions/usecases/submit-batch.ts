import type { Caller } from '../domain/access/caller.ts';
import type { BundleFrame } from '../formats/fhir/bundle-frame.ts';
import type { FeedMessage } from '../formats/fhir/feed-message.ts';
import { isJsonObject } from '../formats/fhir/json.ts';
import { readBatch } from '../formats/fhir/transaction-bundle.ts';
import { type EntryAnswer, type FiledMessage, fileMessage } from './file-message.ts';
import { keepReject } from './keep-reject.ts';
import type { Refusal, Region } from './region.ts';

/** Clinical entries filed together: each writes four items at most and a document of its own, of the hundred of a transaction. */
const entriesTogether = 15;

/** Beside a Patient, who writes up to fifty items. */
const entriesBesidePatient = 8;

/** Groups under way at a time. */
const parallel = 4;

/**
 * Files a batch: what is about one patient together, in the order of the Bundle and the Patient first; each group all or
 * none, so that a bad entry costs only itself, and a group that cannot be filed only that group. What is refused is kept in
 * the list of rejects, entry by entry. Sent again after an interruption, it goes on where it was.
 */
export async function submitBatch(
  region: Region,
  caller: Caller,
  frame: BundleFrame,
  sent: Parameters<typeof fileMessage>[3],
): Promise<FiledMessage> {
  const { issues, message } = readBatch(frame);
  const answers = new Map<number, EntryAnswer>();
  for (const [index, found] of issues)
    answers.set(index, refused({ code: 'INVALID_REQUEST', issues: found }));
  for (const { index, resourceType } of message.unsupported)
    answers.set(index, { fate: 'not-stored', resourceType });
  const lanes = lanesOf(message);
  const file = async (lane: (typeof lanes)[number]) => {
    for (const [at, group] of lane.groups.entries()) {
      const requestId = `${sent.requestId} ${lane.subject} ${at}`;
      const filed = await fileMessage(region, caller, group, { ...sent, requestId });
      const positions = positionsOf(group);
      for (const [place, index] of positions.entries()) {
        const answer = filed.ok ? filed.value.entries[place] : refused(filed);
        if (answer) answers.set(index, answer);
      }
    }
  };
  const waiting = [...lanes];
  const work = async () => {
    for (let lane = waiting.shift(); lane; lane = waiting.shift()) await file(lane);
  };
  await Promise.all(Array.from({ length: parallel }, work));
  await keepRefused(region, caller, frame, answers, sent.requestId);
  const entries = frame.entries.map((entry, index): EntryAnswer => {
    const answer = answers.get(index) ?? refused({ code: 'INVALID_REQUEST', issues: [] });
    const resource = isJsonObject(entry) ? entry.resource : undefined;
    const type = isJsonObject(resource) ? resource.resourceType : undefined;
    return typeof type === 'string' && /^[A-Z][A-Za-z]{1,40}$/.test(type)
      ? { ...answer, resourceType: type }
      : answer;
  });
  return { entries };
}

function refused({ code, issues = [] }: Pick<Refusal, 'code' | 'issues'>): EntryAnswer {
  return { fate: 'refused', resourceType: 'Resource', refusal: { code, issues } };
}

function positionsOf({ entries, patients }: FeedMessage): number[] {
  return [...patients, ...entries].map(({ index }) => index).sort((a, b) => a - b);
}

/** The patients of a batch, each with groups to be filed one after another. */
function lanesOf({ entries, patients }: FeedMessage): { subject: string; groups: FeedMessage[] }[] {
  const subjects = new Set([
    ...patients.map(({ patient }) => patient.localId),
    ...entries.map(({ subjectLocalId }) => subjectLocalId),
  ]);
  const byPatient = Map.groupBy(patients, ({ patient }) => patient.localId);
  const bySubject = Map.groupBy(entries, ({ subjectLocalId }) => subjectLocalId);
  return [...subjects].map((subject) => {
    const own = byPatient.get(subject) ?? [];
    const about = bySubject.get(subject) ?? [];
    const besides = own.length > 0 ? entriesBesidePatient : entriesTogether;
    const groups: FeedMessage[] = [{ patients: own, entries: about.slice(0, besides), unsupported: [] }];
    for (let from = besides; from < about.length; from += entriesTogether)
      groups.push({ patients: [], entries: about.slice(from, from + entriesTogether), unsupported: [] });
    return { subject, groups };
  });
}

async function keepRefused(
  region: Region,
  caller: Caller,
  { entries }: BundleFrame,
  answers: ReadonlyMap<number, EntryAnswer>,
  messageId: string,
): Promise<void> {
  for (const [index, { refusal }] of answers) {
    if (!refusal) continue;
    const message = JSON.stringify(entries[index]);
    await keepReject(region, caller, { format: 'fhir', messageId, message, ...refusal });
  }
}
