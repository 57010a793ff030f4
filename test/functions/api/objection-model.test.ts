import fc from 'fast-check';
import type { Bundle, Consent } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordObjections } from '../../../functions/store/objection.ts';
import { readAccessView } from '../../../functions/store/person.ts';
import { makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { makeConsent, makeObjection } from '../../support/objections.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';

const endpoint = makeFaultyEndpoint();
let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion({ endpointInFrontOf: endpoint.start });
});
afterAll(async () => {
  await region?.close();
  await endpoint.close();
});

const trusts = ['T9A', 'T9B', 'Y90001'] as const;
type Trust = (typeof trusts)[number];
let serial = 0;

/** Somebody new of whom each trust holds an allergy, with a word in it that is found nowhere else. */
async function newPerson(): Promise<{ personId: string; canary: string }> {
  serial += 1;
  const [id, canary] = [`model-${serial}`, `Canary${serial}x`];
  let personId = '';
  for (const organisation of trusts) {
    const { body } = await region.call<Bundle>('submit-bundle', {
      caller: { role: 'feed', purpose: 'feed', organisation },
      body: makeBundle(
        makePatient({ id, ...makeStranger(7_000 + serial), nhsNumber: testNhsNumber(800 + serial) }),
        makeAllergy(`${id}-a`, id, { text: `${canary} ${organisation}` }),
      ),
    });
    personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
  }
  return { personId, canary };
}

const read = (personId: string, viewer: Trust) =>
  region.call('read-section', {
    caller: { organisation: viewer, subject: `user of ${viewer}` },
    path: { id: personId, code: 'allergies' },
  });

interface Scope {
  readonly source?: Trust | undefined;
  readonly viewer?: Trust | undefined;
  readonly section?: 'allergies' | 'results' | undefined;
}

const actor = (code: string, ods: string) => ({
  role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code }] },
  reference: { identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: ods } },
});

const deny = (personId: string, { section, source, viewer }: Scope) =>
  makeConsent(personId, 'deny', {
    provision: {
      type: 'deny',
      ...((source || viewer) && {
        actor: [...(source ? [actor('CST', source)] : []), ...(viewer ? [actor('IRCP', viewer)] : [])],
      }),
      ...(section && {
        code: [{ coding: [{ system: 'https://towpath.example/fhir/CodeSystem/section', code: section }] }],
      }),
    },
  });

type Step =
  | { readonly do: 'object'; readonly scope: Scope }
  | { readonly do: 'reverse'; readonly which: number };

const maybe = <Item>(items: readonly Item[]) => fc.option(fc.constantFrom(...items), { nil: undefined });
const steps = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('object' as const),
        scope: fc.record({
          source: maybe(trusts),
          viewer: maybe(trusts),
          section: maybe(['allergies', 'results'] as const),
        }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reverse' as const), which: fc.nat(20) }) },
  ),
  { minLength: 1, maxLength: 6 },
);

/** What the viewer is to see, worked out the long way: the trusts whose allergy is shown, or nothing at all. */
function expected(inForce: readonly Scope[], viewer: Trust): readonly Trust[] | 'refused' {
  const mine = inForce.filter((scope) => scope.viewer === undefined || scope.viewer === viewer);
  if (mine.some(({ section, source }) => !section && !source)) return 'refused';
  return trusts.filter((source) => {
    if (source === viewer) return true;
    return !mine.some(
      (scope) =>
        (scope.source === undefined || scope.source === source) &&
        (scope.section === undefined || scope.section === 'allergies'),
    );
  });
}

function seenIn(answer: Awaited<ReturnType<typeof read>>, canary: string): readonly string[] | 'refused' {
  if (answer.code === 'NO_PATIENT_CONSENT') return 'refused';
  if (answer.status !== 200) throw new Error(`unexpected ${answer.status} ${answer.code}`);
  return trusts.filter((trust) => answer.text.includes(`${canary} ${trust}`));
}

describe('an objection', () => {
  it('holds for every read that begins after its answer, and a reversal as well, with readers all the while', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { canary, personId } = await newPerson();
        const inForce: (Scope & { readonly id: string })[] = [];
        for (const step of history) {
          const before = [...inForce];
          const reversed =
            step.do === 'reverse' ? inForce[step.which % Math.max(inForce.length, 1)] : undefined;
          if (step.do === 'reverse' && !reversed) continue;
          const body = reversed
            ? makeConsent(personId, 'permit', { sourceReference: { reference: `Consent/${reversed.id}` } })
            : deny(personId, (step as Extract<Step, { do: 'object' }>).scope);
          const [recorded, ...meanwhile] = await Promise.all([
            region.call<Consent>('record-objection', { body }),
            ...trusts.map((viewer) => read(personId, viewer)),
          ]);
          expect(recorded.status).toBe(201);
          if (reversed) inForce.splice(inForce.indexOf(reversed), 1);
          else if (step.do === 'object') inForce.push({ ...step.scope, id: recorded.body.id ?? '' });
          // Who read at the same moment saw the one or the other, or was asked to read again: never a mixture.
          for (const [index, viewer] of trusts.entries()) {
            const answer = meanwhile[index];
            if (!answer || answer.code === 'CONFLICT') continue;
            expect([expected(before, viewer), expected(inForce, viewer)]).toContainEqual(
              seenIn(answer, canary),
            );
          }
          const after = await Promise.all(trusts.map((viewer) => read(personId, viewer)));
          for (const [index, viewer] of trusts.entries())
            if (after[index]) expect(seenIn(after[index], canary)).toEqual(expected(inForce, viewer));
        }
      }),
      { numRuns: 8 },
    );
  }, 120_000);

  it('that lands while an answer is made stops it, at whichever store call of it', async () => {
    const { canary, personId } = await newPerson();
    endpoint.setPlan(undefined);
    expect(seenIn(await read(personId, 'T9A'), canary)).toEqual(trusts);
    const calls = endpoint.calls();
    // The last two run side by side: the audit entry is written, and what was said is read again.
    for (let call = 1; call <= calls - 2; call += 1) {
      const { canary: word, personId: other } = await newPerson();
      endpoint.setPlan(undefined);
      endpoint.meanwhile(call, async () => {
        const { objections } = await readAccessView(region.store, other);
        await recordObjections(region.store, other, objections, [makeObjection(region.store)]);
      });
      const answer = await read(other, 'T9A');
      expect(['NO_PATIENT_CONSENT', 'CONFLICT']).toContain(answer.code);
      expect(answer.text).not.toContain(word);
      expect((await read(other, 'T9A')).code).toBe('NO_PATIENT_CONSENT');
    }
  });
});
