import type { Caller } from '../../functions/domain/access/caller.ts';
import type { Organisation, RegionPolicy } from '../../functions/domain/access/region-policy.ts';

/** A made-up user of the demo region, with a token of their own. */
export interface DemoUser {
  /** What `--as` takes. */
  readonly user: string;
  readonly fullName: string;
  readonly role: Caller['role'];
  readonly purpose: Caller['purpose'];
  /** Where they act: the region's first organisation of this type, a neighbour's, or one that has no agreement. */
  readonly acts:
    | { readonly at: 'own'; readonly type: Organisation['type'] }
    | { readonly at: 'neighbour'; readonly type: Organisation['type'] }
    | { readonly at: 'no-agreement'; readonly ods: string };
  /** What the table of users adds to what the role may do. */
  readonly remark?: string;
}

/** The demo users of every region, in the order in which they are shown. */
export const demoUsers: readonly DemoUser[] = [
  {
    user: 'clinician',
    fullName: 'Dr Amara Okafor',
    role: 'clinician',
    purpose: 'directcare',
    acts: { at: 'own', type: 'acute-trust' },
  },
  {
    user: 'gp',
    fullName: 'Dr Rhys Morgan',
    role: 'gp',
    purpose: 'directcare',
    acts: { at: 'own', type: 'gp-practice' },
  },
  {
    user: 'paramedic',
    fullName: 'Jo Castellano',
    role: 'paramedic',
    purpose: 'directcare',
    acts: { at: 'own', type: 'ambulance-service' },
  },
  {
    user: 'care-home',
    fullName: 'Bernice Yeboah',
    role: 'care-home',
    purpose: 'directcare',
    acts: { at: 'own', type: 'care-home' },
  },
  {
    user: 'clerk',
    fullName: 'Priya Nair',
    role: 'clerk',
    purpose: 'directcare',
    acts: { at: 'own', type: 'acute-trust' },
  },
  {
    user: 'neighbour',
    fullName: 'Dr Hannah Feldman',
    role: 'clinician',
    purpose: 'directcare',
    acts: { at: 'neighbour', type: 'acute-trust' },
    remark: 'of a neighbouring region',
  },
  {
    user: 'steward',
    fullName: 'Tom Aldous',
    role: 'steward',
    purpose: 'administration',
    acts: { at: 'own', type: 'acute-trust' },
    remark: 'data quality',
  },
  {
    user: 'privacy-officer',
    fullName: 'Leila Haddad',
    role: 'privacy-officer',
    purpose: 'audit',
    acts: { at: 'own', type: 'acute-trust' },
    remark: 'opens no record',
  },
  {
    user: 'feed',
    fullName: 'Integration engine',
    role: 'feed',
    purpose: 'feed',
    acts: { at: 'own', type: 'acute-trust' },
    remark: 'a system, writes only',
  },
  {
    user: 'stranger',
    fullName: 'Dr Max Winter',
    role: 'clinician',
    purpose: 'directcare',
    acts: { at: 'no-agreement', ods: 'T9Z' },
    remark: 'a valid token, but no agreement: refused everywhere',
  },
];

/** The ODS code of the organisation in which a user acts; undefined where the region has none of that type. */
export function organisationOf({ acts }: DemoUser, policy: RegionPolicy): string | undefined {
  if (acts.at === 'no-agreement') return acts.ods;
  const isHere = acts.at === 'own';
  return policy.organisations.find(
    ({ type, region }) => type === acts.type && (region === policy.region) === isHere,
  )?.ods;
}

/** The demo users that a region has, each with the organisation they act in. */
export function usersOf(
  policy: RegionPolicy,
): readonly { readonly demoUser: DemoUser; readonly organisation: string }[] {
  return demoUsers.flatMap((demoUser) => {
    const organisation = organisationOf(demoUser, policy);
    return organisation === undefined ? [] : [{ demoUser, organisation }];
  });
}
