import * as z from 'zod';
import type { Caller } from './caller.ts';
import type { Objection, ObjectionScope } from './objection.ts';
import { odsCode } from './organisation.ts';

/** What a patient can choose to keep back; an objection that names two of them needs both. */
const scopeKinds = ['record', 'sources', 'viewers', 'sections'] as const;

const rules = z.strictObject({
  /** Roles that may record; a role needs `objection.write` besides. */
  recordedBy: z.array(z.enum(['clinician', 'gp', 'privacy-officer'])).min(1),
  scopes: z.array(z.enum(scopeKinds)).min(1),
  /** A professional decides with the patient: a clinician or a GP records it, and says why. */
  clinicianLed: z.boolean(),
  reasonRequired: z.boolean(),
  /** Somebody other than who recorded it must confirm it. It holds from the first. */
  confirmation: z.boolean(),
});

/** How objections are taken in, by area: an area is a list of organisations on whose behalf they are recorded. */
export const objectionRulesSchema = z
  .strictObject({
    /** Where no area says otherwise. */
    everywhere: rules,
    areas: z
      .array(rules.extend({ name: z.string().min(1), organisations: z.array(odsCode).min(1) }))
      .default([]),
  })
  .default({
    everywhere: {
      recordedBy: ['clinician', 'gp', 'privacy-officer'],
      scopes: [...scopeKinds],
      clinicianLed: false,
      reasonRequired: false,
      confirmation: false,
    },
    areas: [],
  });

/** See {@link objectionRulesSchema}. */
export type ObjectionRules = z.infer<typeof objectionRulesSchema>;

/** The rules of one area. */
export type AreaRules = ObjectionRules['everywhere'];

/** What is wrong with the areas: an organisation belongs to one of them, and is one of the region's. */
export function objectionRuleFindings({
  objections: { areas },
  organisations,
}: {
  readonly objections: ObjectionRules;
  readonly organisations: readonly { readonly ods: string }[];
}): string[] {
  const named = areas.flatMap((area) => area.organisations);
  const known = new Set(organisations.map(({ ods }) => ods));
  return [
    ...named.filter((ods, index) => named.indexOf(ods) !== index).map((ods) => `${ods} is in two areas`),
    ...named.filter((ods) => !known.has(ods)).map((ods) => `an area names ${ods}, which is not listed`),
  ];
}

/** The rules under which an objection on behalf of the organisation is recorded. */
export function rulesFor({ areas, everywhere }: ObjectionRules, onBehalfOf: string): AreaRules {
  return areas.find(({ organisations }) => organisations.includes(onBehalfOf)) ?? everywhere;
}

/** What of the area's rules an objection for direct care breaks, in static words; empty when it may be recorded. */
export function brokenRules(
  area: AreaRules,
  { role }: Pick<Caller, 'role'>,
  { askedBy, reason, scope }: Pick<Objection, 'askedBy' | 'reason' | 'scope'>,
): string[] {
  const isClinical = role === 'clinician' || role === 'gp';
  const unknown = scopesOf(scope).filter((kind) => !area.scopes.includes(kind));
  return [
    ...unknown.map((kind) => `provision: the area takes no objection to ${scopeWords[kind]}`),
    ...(area.clinicianLed && !(isClinical && askedBy === 'professional')
      ? ['performer: in this area a clinician decides with the patient and records it (type Practitioner)']
      : []),
    ...((area.reasonRequired || area.clinicianLed) && !reason
      ? ['extension: the area wants the reason (consent-reason)']
      : []),
  ];
}

const scopeWords = {
  record: 'the whole record',
  sources: 'what chosen organisations sent',
  viewers: 'chosen organisations looking',
  sections: 'chosen sections',
} as const;

function scopesOf({ sections, sources, viewers }: ObjectionScope): (typeof scopeKinds)[number][] {
  const chosen = { sources, viewers, sections };
  const kinds = (['sources', 'viewers', 'sections'] as const).filter((kind) => chosen[kind]);
  return kinds.length === 0 ? ['record'] : kinds;
}
