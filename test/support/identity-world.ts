import { paginateScan } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { sourceTrustOf } from '../../functions/domain/access/region-policy.ts';
import { recordIdentityEvent } from '../../functions/store/identity-event.ts';
import { markNotDuplicate } from '../../functions/store/identity-mark.ts';
import { sourcePartition } from '../../functions/store/keys.ts';
import { type MergeOutcome, mergePersons, unmergePersons } from '../../functions/store/merge-persons.ts';
import { moveRecord } from '../../functions/store/move-record.ts';
import { recordObjections } from '../../functions/store/objection.ts';
import { type Link, type Person, readAccessView } from '../../functions/store/person.ts';
import { transact } from '../../functions/store/transaction.ts';
import { submitBundle } from '../../functions/usecases/submit-bundle.ts';
import { makeObjection, makeReversal } from './objections.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from './people.ts';
import { policy } from './policy.ts';
import { openTestStore, type TestStore } from './store.ts';

/** One step of a made-up history; numbers choose among what is there when the step is taken. */
export type Step =
  | { readonly do: 'register'; readonly human: number; readonly organisation: number }
  | { readonly do: 'update'; readonly record: number; readonly change: number }
  | { readonly do: 'merge'; readonly from: number; readonly into: number }
  | { readonly do: 'unmerge'; readonly merged: number; readonly keepApart: boolean }
  | { readonly do: 'move'; readonly record: number; readonly to: number }
  | { readonly do: 'keep-apart'; readonly first: number; readonly second: number }
  | { readonly do: 'object'; readonly person: number; readonly inForce: boolean };

const choice = fc.nat({ max: 50 });

/** Any history of up to `maxLength` steps, after some registrations to begin with. */
export function histories(maxLength: number): fc.Arbitrary<Step[]> {
  const register = fc.record({ do: fc.constant('register' as const), human: choice, organisation: choice });
  const any = fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 3, arbitrary: register },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('update' as const), record: choice, change: choice }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('merge' as const), from: choice, into: choice }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('unmerge' as const),
        merged: choice,
        keepApart: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), record: choice, to: choice }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('keep-apart' as const), first: choice, second: choice }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('object' as const), person: choice, inForce: fc.boolean() }),
    },
  );
  return fc
    .tuple(fc.array(register, { minLength: 4, maxLength: 6 }), fc.array(any, { maxLength }))
    .map(([first, rest]) => [...first, ...rest]);
}

/** People who resemble each other in nothing; every other one has an NHS number. */
const humans = [
  { family: 'Abernathy', given: 'Quentin', birthDate: '1931-01-05', postcode: 'N1 7AA', gender: 'male' },
  { family: 'Okonkwo', given: 'Ifeoma', birthDate: '1958-11-23', postcode: 'SE8 3JJ', gender: 'female' },
  { family: 'Szczepanski', given: 'Bogdan', birthDate: '1987-06-14', postcode: 'W12 9LU', gender: 'male' },
  {
    family: 'Featherstone',
    given: 'Lucinda',
    birthDate: '2003-09-30',
    postcode: 'E17 4PQ',
    gender: 'female',
  },
  { family: 'Nguyen', given: 'Thuy', birthDate: '1979-04-02', postcode: 'SW2 5XB', gender: 'female' },
  { family: 'Macleod', given: 'Hamish', birthDate: '1966-12-19', postcode: 'NW6 2TD', gender: 'male' },
] as const;

const numbers = humans.map((_, index) => (index % 2 === 0 ? testNhsNumber(index) : undefined));
const organisations = ['Y90001', 'T9A', 'T9B', 'T9M'] as const;
const steward = { subject: 'steward-1', name: 'Tom Aldous', organisation: 'T9A' };

export type StoredItem = Record<string, unknown> & {
  readonly PK: string;
  readonly SK: string;
  readonly type: string;
};

/** A store in which histories happen. */
export interface IdentityWorld {
  readonly store: TestStore;
  readonly play: (steps: readonly Step[]) => Promise<void>;
  readonly merge: (from: string, into: string) => Promise<MergeOutcome>;
  readonly unmerge: (personId: string, keepApart?: boolean) => Promise<MergeOutcome>;
  readonly items: () => Promise<StoredItem[]>;
  readonly people: (status: Person['status']) => Promise<Person[]>;
  readonly close: () => Promise<void>;
}

interface SentRecord {
  readonly organisation: string;
  readonly human: number;
  readonly localId: string;
}

/** What a message says of allergies: one that changes, moves and is retracted with `change`, and one that not all name. */
function entriesOf(localId: string, change: number) {
  const date = `2024-0${1 + (change % 9)}-01`;
  const status = change % 7 === 6 ? 'entered-in-error' : 'confirmed';
  return [
    makeAllergy(`${localId}-first`, localId, { text: `Allergen ${change}`, date, status }),
    ...(change % 2 === 1 ? [makeAllergy(`${localId}-second`, localId, { text: `Dust ${change}` })] : []),
  ];
}

/** Opens a {@link IdentityWorld} on an empty store; in a clinical one, messages bring entries and name Y90001 as the practice. */
export async function openIdentityWorld({ isClinical = false } = {}): Promise<IdentityWorld> {
  const store = await openTestStore();
  const trustOf = (ods: string) => sourceTrustOf(policy, ods);
  const sent: SentRecord[] = [];
  let serial = 0;

  const items = async () => {
    const found: StoredItem[] = [];
    for await (const page of paginateScan({ client: store.client }, { TableName: store.recordTable }))
      found.push(...((page.Items ?? []) as StoredItem[]));
    return found;
  };
  const people = async (status: Person['status']) =>
    ((await items()) as unknown as (Person & { type: string })[])
      .filter((item) => item.type === 'Person' && item.status === status)
      .toSorted((a, b) => (a.personId < b.personId ? -1 : 1));
  const nextId = (kind: string) => {
    serial += 1;
    return `${kind}-${String(serial).padStart(4, '0')}`;
  };

  async function send({ organisation, human, localId }: SentRecord, change = 0): Promise<void> {
    const { family, given, ...rest } = humans[human] ?? humans[0];
    const nhsNumber = numbers[human];
    const patient = makePatient({
      id: localId,
      family,
      given: change % 3 === 1 ? `${given} Lee` : given,
      ...rest,
      ...(change % 4 === 2 && { postcode: 'E2 8AA' }),
      ...((isClinical || change % 5 === 3) && { practice: 'Y90001' }),
      ...(change % 2 === 0 && nhsNumber && { nhsNumber }),
      sentAt: store.now().toISOString(),
    });
    const answer = await submitBundle(
      { policy, store },
      {
        subject: 'feed-1',
        name: 'Feed',
        role: 'feed',
        organisation,
        purpose: 'feed',
        tokenId: 'token-1',
      },
      {
        bundle: makeBundle(patient, ...(isClinical ? entriesOf(localId, change) : [])),
        body: nextId('body'),
        requestId: nextId('request'),
        newPersonId: () => nextId('person'),
      },
    );
    if (!answer.ok) throw new Error(`a registration was refused: ${answer.code} ${answer.issues}`);
  }

  async function merge(from: string, into: string): Promise<MergeOutcome> {
    store.advance(60_000);
    const target = (await readAccessView(store, into)).person;
    return mergePersons(store, {
      from,
      into,
      grounds: { how: 'steward', decidedBy: steward },
      trustOf,
      overrideNotDuplicate: true,
      survivingNhsNumber: target?.nhsNumber,
    });
  }

  async function unmerge(personId: string, keepApart = true): Promise<MergeOutcome> {
    store.advance(60_000);
    return unmergePersons(store, { personId, keepApart, decidedBy: steward, trustOf });
  }

  async function take(step: Step): Promise<void> {
    store.advance(60_000);
    const active = await people('active');
    const pick = <Item>(list: readonly Item[], index: number) => list[index % list.length];
    switch (step.do) {
      case 'register': {
        const record = {
          organisation: pick(organisations, step.organisation) ?? 'T9A',
          human: step.human % humans.length,
          localId: nextId('local'),
        };
        sent.push(record);
        return send(record);
      }
      case 'update': {
        const record = pick(sent, step.record);
        return record && send(record, step.change);
      }
      case 'merge': {
        const [from, into] = [pick(active, step.from), pick(active, step.into)];
        if (from && into && from !== into) await merge(from.personId, into.personId);
        return;
      }
      case 'unmerge': {
        const merged = pick(await people('merged'), step.merged);
        if (merged) await unmerge(merged.personId, step.keepApart);
        return;
      }
      case 'move': {
        const links = ((await items()) as unknown as (Link & { type: string; PK: string })[]).filter(
          ({ type }) => type === 'Link',
        );
        const link = pick(
          links.toSorted((a, b) => (sourcePartition(a.source) < sourcePartition(b.source) ? -1 : 1)),
          step.record,
        );
        const from = link?.PK.replace('PERSON#', '');
        const to = pick([...active.map(({ personId }) => personId), nextId('person')], step.to);
        if (link && from && to && from !== to)
          await moveRecord(store, { source: link.source, from, to, decidedBy: steward, trustOf });
        return;
      }
      case 'keep-apart': {
        const [first, second] = [pick(active, step.first), pick(active, step.second)];
        if (first && second && first !== second)
          await transact(store, [
            ...markNotDuplicate(store, first.personId, second.personId, steward),
            recordIdentityEvent(store, first.personId, {
              event: 'kept-apart',
              otherPersonId: second.personId,
            }),
          ]);
        return;
      }
      case 'object': {
        const person = pick(active, step.person);
        if (!person) return;
        const { objections } = await readAccessView(store, person.personId);
        const said = step.inForce ? makeObjection(store) : makeReversal(store, objections?.statements ?? []);
        if (said) await recordObjections(store, person.personId, objections, [said]);
      }
    }
  }

  return {
    store,
    play: async (steps) => {
      for (const step of steps) await take(step);
    },
    merge,
    unmerge,
    items,
    people,
    close: () => store.close(),
  };
}
