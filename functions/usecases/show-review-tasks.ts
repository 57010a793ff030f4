import type { Demographics } from '../domain/identity/demographics.ts';
import { comparisonFields } from '../domain/matching/comparison-fields.ts';
import { matchPolicy } from '../domain/matching/match-policy.ts';
import { type MatchEvidence, rankCandidates } from '../domain/matching/rank-candidates.ts';
import { sourcePartition } from '../store/keys.ts';
import { getPersons, knownIds, type Person } from '../store/person.ts';
import type { ReviewTask } from '../store/review-task.ts';
import { getSetAside, getSourceRecords, type SourceMessage } from '../store/source-record.ts';
import { readPeople } from '../store/statistics.ts';
import type { Region } from './region.ts';

/** One side of a doubt as it is now: a person, or what a source record says of somebody. */
export type ReviewSide =
  | { readonly kind: 'person'; readonly person: Person }
  | { readonly kind: 'record' | 'set-aside-message'; readonly message: SourceMessage };

/** A task with what a person needs to decide it. */
export interface ShownTask {
  readonly task: ReviewTask;
  /** The first two are compared; a third is whom an update looks like. */
  readonly sides: readonly ReviewSide[];
  /** How the first two compare today, field by field. */
  readonly comparison?: MatchEvidence & { readonly policyVersion: string };
  /** A side is a restricted person: no location of either side may be shown, for they may be one. */
  readonly hidesLocation: boolean;
  /** Nothing is left to decide: a side is gone, or both are one person. */
  readonly isMoot: boolean;
}

/** The tasks with their sides, read together. */
export async function showTasks({ store }: Region, tasks: readonly ReviewTask[]): Promise<ShownTask[]> {
  const asides = new Map(
    await Promise.all(
      tasks
        .flatMap(({ kind, source }) => (kind === 'overlay' && source ? [source] : []))
        .map(async (source) => [sourcePartition(source), await getSetAside(store, source)] as const),
    ),
  );
  const records = await getSourceRecords(
    store,
    tasks.flatMap(({ kind, source }) => (kind === 'quarantine' && source ? [source] : [])),
  );
  const ids = tasks.flatMap(({ otherPersonId, personId }) => [personId ?? [], otherPersonId ?? []].flat());
  const alikes = [...asides.values()].flatMap((aside) => aside?.looksLike ?? []);
  const people = new Map(
    (await getPersons(store, [...ids, ...alikes])).flatMap((person) =>
      knownIds(person).map((id) => [id, person] as const),
    ),
  );
  const indexed = await readPeople(store);
  const personSide = (id: string | undefined): ReviewSide[] => {
    const person = id === undefined ? undefined : people.get(id);
    return person ? [{ kind: 'person', person }] : [];
  };
  return tasks.map((task) => {
    const { kind, otherPersonId, personId } = task;
    const name = task.source ? sourcePartition(task.source) : '';
    if (kind === 'possible-duplicate')
      return toShown(task, [...personSide(personId), ...personSide(otherPersonId)], 2, indexed);
    if (kind === 'quarantine') {
      const record = records.get(name);
      // Once it is somebody's the doubt is over.
      const side: ReviewSide[] = record && !record.personId ? [{ kind: 'record', message: record }] : [];
      return toShown(task, [...side, ...personSide(personId)], 1, indexed);
    }
    const aside = asides.get(name);
    const side: ReviewSide[] = aside ? [{ kind: 'set-aside-message', message: aside }] : [];
    return toShown(task, [...personSide(personId), ...side, ...personSide(aside?.looksLike)], 2, indexed);
  });
}

function toShown(
  task: ReviewTask,
  sides: readonly ReviewSide[],
  needed: number,
  people: number | undefined,
): ShownTask {
  const [first, second] = sides;
  const isOne =
    first?.kind === 'person' && second?.kind === 'person' && first.person.personId === second.person.personId;
  const hidesLocation = sides.some((side) => demographicsOf(side).restricted);
  const comparison =
    first && second && !isOne ? compareSides(first, second, hidesLocation, people) : undefined;
  return {
    task,
    sides: isOne ? [first] : sides,
    hidesLocation,
    isMoot: isOne || sides.length < needed,
    ...(comparison && { comparison }),
  };
}

function demographicsOf(side: ReviewSide): Demographics {
  return side.kind === 'person' ? side.person.demographics : side.message.demographics;
}

function compareSides(
  first: ReviewSide,
  second: ReviewSide,
  hidesLocation: boolean,
  people: number | undefined,
): ShownTask['comparison'] | undefined {
  const fieldsOf = (side: ReviewSide) => {
    const demographics = demographicsOf(side);
    return comparisonFields(hidesLocation ? withoutLocation(demographics) : demographics);
  };
  const records = fieldsOf(second).map((fields) => ({ personId: 'second', fields }));
  const [best] = rankCandidates(fieldsOf(first), records, { people }, false).candidates;
  return best && { ...best.evidence, policyVersion: matchPolicy.version };
}

/** What is left to compare when even an agreement of addresses would tell where somebody lives. */
function withoutLocation({
  birthDate,
  deathDate,
  deceased,
  gender,
  names,
  restricted,
}: Demographics): Demographics {
  return {
    names,
    deceased,
    restricted,
    ...(birthDate !== undefined && { birthDate }),
    ...(deathDate !== undefined && { deathDate }),
    ...(gender !== undefined && { gender }),
  };
}
