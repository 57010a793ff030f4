import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { type Permission, roles } from '../../functions/domain/access/roles.ts';
import { sectionCodes } from '../../functions/domain/record/section-codes.ts';
import { type DemoUser, usersOf } from './users.ts';

/** Permissions in the words of the table; one without words is shown by its own name. */
const words: Partial<Record<Permission, string>> = {
  'patient.match': 'find people',
  'patient.read': 'see demographics',
  'objection.write': 'record objections',
  'relationship.claim': 'break the glass',
  'audit.read': 'see who looked',
  'record.write': 'send records',
  'identity.write': 'decide who is who',
  'usage.read': 'see usage',
  'alert.write': 'review alerts',
  'agreement.write': 'apply agreements',
};

/** Permissions that go without saying beside another one. */
const implied: ReadonlySet<string> = new Set([
  'record.read',
  'objection.read',
  'identity.read',
  'feed.read',
  'agreement.read',
]);

/** The demo users with what each may do: rows for a table, the heading first. */
export function userTable(policy: RegionPolicy): string[][] {
  const names = new Map(policy.organisations.map(({ ods, name }) => [ods, name]));
  return [
    ['USER', 'ROLE', 'ORGANISATION', 'MAY'],
    ...usersOf(policy).map(({ demoUser, organisation }) => [
      demoUser.user,
      demoUser.role,
      `${organisation} ${names.get(organisation) ?? '(not of this region)'}`,
      describe(demoUser),
    ]),
  ];
}

function describe({ acts, remark, role }: DemoUser): string {
  if (acts.at === 'no-agreement') return remark ?? '';
  const { permissions, sections } = roles[role];
  const may: string[] = permissions
    .filter((permission) => !implied.has(permission))
    .map((permission) => words[permission] ?? permission);
  if (permissions.some((permission) => permission === 'record.read'))
    may.push(
      sections.length === sectionCodes.length
        ? 'read every section'
        : `read ${sections.length === 1 ? sections.join() : `${sections.length} sections`}`,
    );
  return [may.join(', '), ...(remark === undefined ? [] : [`(${remark})`])].join(' ');
}
