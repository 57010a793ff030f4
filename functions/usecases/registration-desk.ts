import { sourceTrustOf } from '../domain/access/region-policy.ts';
import { numbersOf } from '../domain/identity/held-numbers.ts';
import { currentFields } from '../domain/matching/comparison-fields.ts';
import { adoptObjections } from '../store/carry-objection.ts';
import { isTakenAway } from '../store/identity-mark.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import { moveNumbers, putPerson, renewPerson } from '../store/move-links.ts';
import { readNumbers } from '../store/nhs-number.ts';
import type { Objections } from '../store/objection.ts';
import {
  type AccessView,
  getPersons,
  knownIds,
  type Link,
  type Person,
  readAccessView,
} from '../store/person.ts';
import { getSourceRecords, type SourceRecord } from '../store/source-record.ts';
import { instant } from '../store/store.ts';
import type { Write } from '../store/transaction.ts';
import type { Region } from './region.ts';
import type { IdentityReader, SentPatient } from './resolve-identity.ts';
import { type IndexAnswer, searchIndex } from './search-index.ts';

/** A person to whom records are added: as read, and with every record that will be theirs. */
interface Workpiece {
  readonly personId: string;
  readonly before?: Person;
  readonly objections?: Objections | undefined;
  readonly records: Map<string, SourceRecord>;
  readonly links: readonly Link[];
}

/** What several messages are decided on together: each decision sees the people as the ones before it leave them. */
export interface RegistrationDesk {
  readonly reader: IdentityReader;
  /** Reads a person with all that attaching a record to them needs, in the one call that reading them takes. */
  readonly expect: (personId: string) => Promise<void>;
  /** Adds a record to a person who is held, or who is new when `isNew`; gives it as it is to be stored. */
  readonly attach: (
    personId: string,
    record: SourceRecord,
    isNew: boolean,
  ) => Promise<SourceRecord & { personId: string }>;
  /** The link of a record of a person to whom one was added; undefined when there was none before. */
  readonly linkOf: (personId: string, source: SourceRef) => Link | undefined;
  /** True the first time that it is asked of a rival: several messages may meet the same one. */
  readonly firstInterruption: (source: SourceRef) => boolean;
  /** The writes of all people who got a record, with the numbers that are theirs. */
  readonly writePeople: () => Write<'person-changed' | 'number-changed' | 'objection-changed'>[];
}

/** Opens a {@link RegistrationDesk} for messages whose blocking items stand in the index already. */
export async function openDesk(
  { policy, store }: Region,
  messages: readonly SentPatient[],
): Promise<RegistrationDesk> {
  const numbers = messages.flatMap(({ nhsNumber, supersededNhsNumbers }) => [
    ...(nhsNumber ? [nhsNumber] : []),
    ...supersededNhsNumbers,
  ]);
  const entries = [...(await readNumbers(store, numbers))];
  const owners = new Map(entries.flatMap(([number, { owner }]) => (owner ? [[number, owner] as const] : [])));
  const held = new Map(entries.flatMap(([number, one]) => (one.held ? [[number, one.held] as const] : [])));
  const said = new Set(numbers);
  const decided = new Map<string, { personId?: string }>(
    messages.map(({ source }) => [sourcePartition(source), {}]),
  );
  const read = new Map<string, Person>();
  const views = new Map<string, AccessView>();
  const workpieces = new Map<string, Workpiece>();
  const searches = new Map<SentPatient, Promise<IndexAnswer>>();
  const interrupted = new Set<string>();
  const trustOf = (ods: string) => sourceTrustOf(policy, ods);

  const search = (sent: SentPatient) => {
    const known = searches.get(sent);
    if (known) return known;
    const queries = currentFields(sent.demographics);
    const started = searchIndex(store, queries, { registering: true, own: sent.source });
    searches.set(sent, started);
    return started;
  };

  const compose = ({ before, personId, records }: Workpiece): Person => {
    const { absorbed, version = 0 } = before ?? {};
    const all = [...records.values()];
    const held = numbersOf(before ?? {});
    // A number that a record names stays with whoever holds it: it has one owner.
    const isTheirs = (number: string) => {
      const owner = owners.get(number)?.personId;
      return owner === undefined ? held.has(number) : owner === personId;
    };
    return renewPerson(store, { personId, version, ...(absorbed && { absorbed }) }, all, trustOf, [
      { supersededNhsNumbers: [...numbersOf(...all)].filter((number) => !isTheirs(number)) },
    ]);
  };

  return {
    reader: {
      ownerOf: (number) => owners.get(number),
      async peopleOf(personIds) {
        const unread = personIds.filter((id) => !read.has(id) && !workpieces.has(id));
        if (unread.length > 0)
          for (const person of await getPersons(store, unread)) read.set(person.personId, person);
        const people = new Map<string, Person>();
        for (const id of personIds) {
          const workpiece = workpieces.get(id);
          const person = workpiece ? compose(workpiece) : read.get(id);
          if (person) people.set(id, person);
        }
        return people;
      },
      search,
      decidedBefore: (source) => decided.get(sourcePartition(source)),
      isTakenAway: (source, person) => isTakenAway(store, source, knownIds(person)),
      today: instant(store).slice(0, 10),
    },
    async expect(personId) {
      if (read.has(personId) || workpieces.has(personId)) return;
      const view = await readAccessView(store, personId);
      if (!view.person || view.person.mergedInto) return;
      views.set(personId, view);
      read.set(personId, view.person);
    },
    async attach(personId, record, isNew) {
      const workpiece = workpieces.get(personId) ?? (await begin(personId, record.source, isNew));
      const ownerOf = (number: string) => owners.get(number)?.personId ?? personId;
      const superseded = record.supersededNhsNumbers?.filter((number) => ownerOf(number) === personId) ?? [];
      const { supersededNhsNumbers: _, ...rest } = record;
      const stored = {
        ...rest,
        personId,
        ...(superseded.length > 0 && { supersededNhsNumbers: superseded }),
      };
      workpiece.records.set(sourcePartition(record.source), stored);
      decided.set(sourcePartition(record.source), { personId });
      // What the record says no more was not looked up: whoever held it holds it.
      for (const number of numbersOf(stored))
        if (said.has(number) && !owners.has(number))
          owners.set(number, { personId, superseded: superseded.includes(number) });
      return stored;
    },
    linkOf: (personId, source) =>
      workpieces
        .get(personId)
        ?.links.find((link) => sourcePartition(link.source) === sourcePartition(source)),
    firstInterruption: (source) =>
      !interrupted.has(sourcePartition(source)) && interrupted.add(sourcePartition(source)) !== undefined,
    writePeople: () =>
      [...workpieces.values()].flatMap((workpiece) => {
        const { before } = workpiece;
        const after = compose(workpiece);
        return [
          ...putPerson(store, after, before),
          ...moveNumbers(store, before ? [before] : [], [after], held),
          // Said before the person was known, it holds from the moment in which they are.
          ...adoptObjections(
            store,
            workpiece,
            [...numbersOf(after)].flatMap((number) => held.get(number) ?? []),
          ),
        ];
      }),
  };

  async function begin(personId: string, added: SourceRef, isNew: boolean): Promise<Workpiece> {
    const workpiece = isNew
      ? { personId, records: new Map(), links: [] }
      : await readWorkpiece(personId, added);
    workpieces.set(personId, workpiece);
    return workpiece;
  }

  /** The person with every record but the one that is about to be added, which takes the place of its former self. */
  async function readWorkpiece(personId: string, added: SourceRef): Promise<Workpiece> {
    const view = views.get(personId) ?? (await readAccessView(store, personId));
    const { links, objections, person } = view;
    const sources = links.map(({ source }) => source);
    const records = await getSourceRecords(
      store,
      sources.filter((source) => sourcePartition(source) !== sourcePartition(added)),
    );
    // The decision was taken on the person as they were read then: if they have changed since, the transaction must fail.
    const before = read.get(personId) ?? person;
    return { personId, records, links, objections, ...(before && { before }) };
  }
}
