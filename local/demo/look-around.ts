import { randomUUID } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import type { SectionCode } from '../../functions/domain/record/section-codes.ts';
import type { RegionClient } from '../cli/region-client.ts';
import { callerOf } from './callers.ts';

/** Somebody who looks: a demo user, or somebody else of their place and role. */
interface Looker {
  readonly user: string;
  readonly name?: string;
}

interface Look {
  readonly by: Looker;
  readonly hero: string;
  readonly sections: readonly SectionCode[];
}

/**
 * What happened in the demo region before anybody came: enough for `GET /usage` to show something, and looks that a privacy
 * officer should ask about – a clerk at her own record and her twin's, and somebody at the record of a man long dead.
 */
const looks: readonly Look[] = [
  {
    by: { user: 'clinician' },
    hero: 'marian',
    sections: ['allergies', 'medications', 'results', 'conditions'],
  },
  { by: { user: 'clinician' }, hero: 'kwame', sections: ['allergies', 'care-plans'] },
  {
    by: { user: 'clinician', name: 'Dr Owen Tarrant' },
    hero: 'marian',
    sections: ['results', 'medications'],
  },
  { by: { user: 'clinician', name: 'Sister Grace Obi' }, hero: 'kwame', sections: ['alerts', 'medications'] },
  { by: { user: 'gp' }, hero: 'marian', sections: ['results', 'medications', 'appointments'] },
  { by: { user: 'gp' }, hero: 'kwame', sections: ['care-plans', 'medications'] },
  { by: { user: 'gp', name: 'Dr Sunita Rao' }, hero: 'aisha', sections: ['medications'] },
  { by: { user: 'paramedic' }, hero: 'kwame', sections: ['care-plans', 'allergies', 'alerts'] },
  { by: { user: 'paramedic' }, hero: 'marian', sections: ['allergies'] },
  { by: { user: 'care-home' }, hero: 'kwame', sections: ['medications', 'care-plans'] },
  { by: { user: 'neighbour' }, hero: 'marian', sections: ['allergies', 'results'] },
  { by: { user: 'clerk', name: 'Aisha Rahman' }, hero: 'aisha', sections: [] },
  { by: { user: 'clerk', name: 'Aisha Rahman' }, hero: 'amina', sections: [] },
  { by: { user: 'clerk' }, hero: 'walter', sections: [] },
];

/** Lets made-up users look at made-up people's records through the API; what is refused is part of it. */
export async function lookAround(
  client: RegionClient,
  policy: RegionPolicy,
  personIdOf: (hero: string) => string | undefined,
  tokenFor: (caller: Caller) => Promise<string>,
): Promise<void> {
  for (const { by, hero, sections } of looks) {
    const personId = personIdOf(hero);
    const found = callerOf(policy, by.user, randomUUID());
    if (personId === undefined || !found.ok) continue;
    const token = await tokenFor(named(found.caller, by.name));
    await client.get(`/Patient/${personId}`, token);
    for (const section of sections) await client.get(`/Patient/${personId}/sections/${section}`, token);
  }
}

function named(caller: Caller, name: string | undefined): Caller {
  if (name === undefined) return caller;
  const subject = `${name.toLowerCase().replaceAll(' ', '.')}@${caller.organisation.toLowerCase()}.towpath.example`;
  return { ...caller, name, subject };
}
