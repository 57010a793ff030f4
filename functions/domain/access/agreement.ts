import * as z from 'zod';
import { type SectionCode, sectionCodes } from '../record/section-codes.ts';
import type { Caller } from './caller.ts';
import { odsCode, regionName } from './organisation.ts';
import { type Role, roles } from './roles.ts';

const day = z.iso.date('a day as YYYY-MM-DD');
const sections = z.union([z.literal('all'), z.array(z.enum(sectionCodes)).min(1)]);
const someRoles = z.union([
  z.literal('all'),
  z.array(z.enum(Object.keys(roles) as [Role, ...Role[]])).min(1),
]);

/** The first and the last day (UTC) on which a rule holds; without a last day it holds until it is taken out. */
const validity = { from: day, until: day.exactOptional() };

function isOrdered({ from, until }: { from: string; until?: string }): boolean {
  return until === undefined || from <= until;
}

const viewRule = z
  .strictObject({ roles: someRoles, sections, ...validity })
  .refine(isOrdered, 'ends before it begins');

const shareRule = z
  .strictObject({
    sections,
    /** The roles to which it is shown. */
    roles: someRoles,
    /** To whom: every organisation of the region's policy, or those named and those of the named regions. */
    with: z.union([
      z.literal('all'),
      z.strictObject({
        organisations: z.array(odsCode).exactOptional(),
        regions: z.array(regionName).exactOptional(),
      }),
    ]),
    ...validity,
  })
  .refine(isOrdered, 'ends before it begins');

/**
 * What one organisation has agreed: which of its roles view which sections of others, and which sections it shows to whom.
 * What no rule names is denied. A role's own sections (roles.ts) are the ceiling: no rule opens more.
 */
export const agreementSchema = z.strictObject({
  organisation: odsCode,
  view: z.array(viewRule),
  share: z.array(shareRule),
});

/** See {@link agreementSchema}. */
export type Agreement = z.infer<typeof agreementSchema>;

/** One rule by which an organisation's staff view. */
export type ViewRule = Agreement['view'][number];

/** One rule by which an organisation shares. */
export type ShareRule = Agreement['share'][number];

/** What agreements are read with: who is of the region's policy, and from which region. */
export interface AgreementPolicy {
  readonly organisations: readonly { readonly ods: string; readonly region: string }[];
  readonly agreements: readonly Agreement[];
}

/** Something wrong with agreements that are each well formed: where, and what. */
export interface AgreementFinding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Organisations with two agreements, and names of organisations or regions that are not listed. */
export function agreementFindings({ agreements, organisations }: AgreementPolicy): AgreementFinding[] {
  const listed = new Set(organisations.map(({ ods }) => ods));
  const regions = new Set(organisations.map(({ region }) => region));
  const names = agreements.map(({ organisation }) => organisation);
  return agreements.flatMap(({ organisation, share }, index) => {
    const own = ['agreements', index, 'organisation'];
    const partners = share.flatMap((rule, ruleIndex) => {
      if (rule.with === 'all') return [];
      const path = ['agreements', index, 'share', ruleIndex, 'with'];
      return [
        ...(rule.with.organisations?.every((ods) => listed.has(ods)) === false
          ? [{ path, message: 'names an organisation that is not listed here' }]
          : []),
        ...(rule.with.regions?.every((region) => regions.has(region)) === false
          ? [{ path, message: 'names a region of which no organisation is listed here' }]
          : []),
      ];
    });
    return [
      ...(names.indexOf(organisation) < index ? [{ path: own, message: 'has an agreement already' }] : []),
      ...(listed.has(organisation) ? [] : [{ path: own, message: 'is not listed here' }]),
      ...partners,
    ];
  });
}

/** The agreements with the rules that hold on a day (`YYYY-MM-DD`, UTC), and no others. */
export function agreementsOn(agreements: readonly Agreement[], today: string): Agreement[] {
  const holds = ({ from, until }: ViewRule | ShareRule) =>
    from <= today && (until === undefined || today <= until);
  return agreements.map((agreement) => ({
    ...agreement,
    view: agreement.view.filter(holds),
    share: agreement.share.filter(holds),
  }));
}

/** True when the caller's organisation has agreed that their role views at all, or views this section. */
export function mayView(
  policy: AgreementPolicy,
  { organisation, role }: Pick<Caller, 'organisation' | 'role'>,
  section?: SectionCode,
): boolean {
  const view = findAgreement(policy, organisation)?.view ?? [];
  return view.some((rule) => names(rule.roles, role) && (!section || names(rule.sections, section)));
}

/** True when the organisation shows the section to this caller; one that is not listed shows nothing to anybody. */
export function sharesSection(
  policy: AgreementPolicy,
  ods: string,
  section: SectionCode,
  viewer: Pick<Caller, 'organisation' | 'role'>,
): boolean {
  const region = policy.organisations.find((one) => one.ods === viewer.organisation)?.region;
  const share = findAgreement(policy, ods)?.share ?? [];
  return share.some(
    (rule) =>
      names(rule.sections, section) &&
      names(rule.roles, viewer.role) &&
      (rule.with === 'all' ||
        rule.with.organisations?.includes(viewer.organisation) ||
        (region !== undefined && rule.with.regions?.includes(region))),
  );
}

function findAgreement({ agreements, organisations }: AgreementPolicy, ods: string): Agreement | undefined {
  return organisations.some((one) => one.ods === ods)
    ? agreements.find(({ organisation }) => organisation === ods)
    : undefined;
}

function names<Value>(listed: 'all' | readonly Value[], value: Value): boolean {
  return listed === 'all' || listed.includes(value);
}
