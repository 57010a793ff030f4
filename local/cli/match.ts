import * as z from 'zod';
import { nhsNumberSystem } from '../../functions/formats/fhir/identifier-systems.ts';
import { matchExplanationExtension, matchGradeExtension } from '../../functions/formats/fhir/search-set.ts';
import {
  type Command,
  dataDirOf,
  dataOption,
  type OptionValues,
  type Outcome,
  textOption,
} from './command.ts';
import { formatTable } from './format-table.ts';
import { openRegion, tokenForUser } from './open-region.ts';
import { refusalOutcome, regionClient } from './region-client.ts';

/** `towpath match`: one match, explained field by field. */
export const matchCommand: Command = {
  name: 'match',
  summary: 'find one person, explained field by field',
  usage:
    '[--nhs-number N] [--given NAME] [--family NAME] [--birth-date YYYY-MM-DD] [--postcode P] [--gender G] [--as USER] [--data DIR]',
  options: {
    'nhs-number': { type: 'string', about: 'ten digits, with or without spaces' },
    given: { type: 'string', about: 'given names' },
    family: { type: 'string', about: 'family name' },
    'birth-date': { type: 'string', about: 'YYYY-MM-DD, YYYY-MM or YYYY' },
    postcode: { type: 'string', about: 'of the home' },
    gender: { type: 'string', about: 'male, female, other or unknown' },
    as: { type: 'string', about: 'demo user who asks (default clinician)' },
    ...dataOption,
  },
  async run({ options }): Promise<Outcome> {
    const patient = describePatient(options);
    if (Object.keys(patient).length === 1)
      return { kind: 'wrong-usage', message: 'give at least an NHS number, or some of the other fields' };
    const opened = await openRegion(dataDirOf(options));
    if (!opened.ok) return opened.outcome;
    const issued = await tokenForUser(opened.region, textOption(options, 'as') ?? 'clinician');
    if (!issued.ok) return issued.outcome;
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: patient }] };
    const client = regionClient(opened.region.found.baseUrl);
    const answer = await client.post('/Patient/$match', parameters, issued.token);
    const set = answer.status === 200 ? searchSetSchema.safeParse(answer.body) : undefined;
    if (!set?.success) return refusalOutcome(answer);
    const matches = readMatches(set.data);
    const truncated = wasCutShort(set.data);
    const hints = set.data.meta?.tag.map(({ display }) => display) ?? [];
    const text = [describe(matches, truncated), ...hints].join(' ');
    return { kind: 'done', text, json: { matches, truncated } };
  },
};

function describePatient(options: OptionValues): object {
  const nhsNumber = textOption(options, 'nhs-number');
  const given = textOption(options, 'given');
  const family = textOption(options, 'family');
  const birthDate = textOption(options, 'birth-date');
  const postcode = textOption(options, 'postcode');
  const gender = textOption(options, 'gender');
  const name = {
    ...(family !== undefined && { family }),
    ...(given !== undefined && { given: given.split(/\s+/).filter((part) => part !== '') }),
  };
  return {
    resourceType: 'Patient',
    ...(nhsNumber !== undefined && { identifier: [{ system: nhsNumberSystem, value: nhsNumber }] }),
    ...(Object.keys(name).length > 0 && { name: [name] }),
    ...(gender !== undefined && { gender }),
    ...(birthDate !== undefined && { birthDate }),
    ...(postcode !== undefined && { address: [{ postalCode: postcode }] }),
  };
}

const extensionSchema = z.object({
  url: z.string(),
  valueCode: z.string().optional(),
  valueString: z.string().optional(),
  valueDecimal: z.number().optional(),
});

const searchSetSchema = z.object({
  resourceType: z.literal('Bundle'),
  /** What the region says about the answer as a whole. */
  meta: z.object({ tag: z.array(z.object({ display: z.string() })) }).optional(),
  entry: z
    .array(
      z.object({
        resource: z.looseObject({
          resourceType: z.string(),
          id: z.string().optional(),
          birthDate: z.string().optional(),
          name: z
            .array(z.object({ family: z.string().optional(), given: z.array(z.string()).optional() }))
            .optional(),
        }),
        search: z.object({
          mode: z.string(),
          score: z.number().optional(),
          extension: z
            .array(
              extensionSchema.extend({
                extension: z
                  .array(extensionSchema.extend({ extension: z.array(extensionSchema).optional() }))
                  .optional(),
              }),
            )
            .optional(),
        }),
      }),
    )
    .optional(),
});

/** One person of the answer, as it is shown. */
interface ShownMatch {
  readonly personId: string;
  readonly name: string;
  readonly birthDate: string;
  readonly score: number;
  readonly grade: string;
  /** The rule that found the person. */
  readonly policy: string;
  /** In bits: above zero a field speaks for the person, below zero against. */
  readonly fields: readonly {
    readonly field: string;
    readonly outcome: string;
    readonly weight: number;
    /** The part of the weight that is due to the rarity of the value. */
    readonly termFrequency?: number;
  }[];
  /** Why the grade is lower than the score would have it. */
  readonly guard?: string;
}

function readMatches({ entry = [] }: z.infer<typeof searchSetSchema>): ShownMatch[] {
  return entry
    .filter(({ search }) => search.mode === 'match')
    .map(({ resource, search }) => {
      const [name] = resource.name ?? [];
      const extensions = search.extension ?? [];
      const explanation = extensions.find(({ url }) => url === matchExplanationExtension)?.extension ?? [];
      const guard = explanation.find(({ url }) => url === 'guard')?.valueCode;
      return {
        personId: resource.id ?? '',
        name: [...(name?.given ?? []), name?.family ?? ''].join(' ').trim(),
        birthDate: resource.birthDate ?? '',
        score: search.score ?? 0,
        grade: extensions.find(({ url }) => url === matchGradeExtension)?.valueCode ?? '',
        policy: explanation.find(({ url }) => url === 'policy')?.valueString ?? '',
        fields: explanation
          .filter(({ url }) => url === 'field')
          .map(({ extension: parts = [] }) => {
            const termFrequency = parts.find(({ url }) => url === 'termFrequency')?.valueDecimal;
            return {
              field: parts.find(({ url }) => url === 'name')?.valueCode ?? '',
              outcome: parts.find(({ url }) => url === 'outcome')?.valueCode ?? '',
              weight: parts.find(({ url }) => url === 'weight')?.valueDecimal ?? 0,
              ...(termFrequency !== undefined && { termFrequency }),
            };
          }),
        ...(guard !== undefined && { guard }),
      };
    });
}

/** True when more people shared a block with the query than were looked at: then nobody may be called the only one. */
function wasCutShort({ entry = [] }: z.infer<typeof searchSetSchema>): boolean {
  return entry.some(({ search }) => search.mode === 'outcome');
}

function describe(matches: readonly ShownMatch[], truncated: boolean): string {
  const rest = 'More people than could be looked at may fit: give more fields.';
  if (matches.length === 0)
    return truncated ? `Nobody of those who were looked at matches. ${rest}` : 'Nobody matches.';
  const shown = matches
    .map(({ birthDate, fields, grade, guard, name, personId, policy, score }) =>
      [
        `${name}, born ${birthDate}: ${grade}, score ${score.toFixed(4)}, by ${policy}`,
        `Patient/${personId}`,
        ...(guard === undefined ? [] : [`Not certain, whatever the score: ${guard}`]),
        ...(fields.length > 0
          ? [
              formatTable([
                ['  FIELD', 'AGREEMENT', 'WEIGHT (BITS)', 'OF WHICH RARITY'],
                ...fields.map(({ field, outcome, termFrequency, weight }) => [
                  `  ${field}`,
                  outcome,
                  inBits(weight),
                  termFrequency === undefined ? '' : inBits(termFrequency),
                ]),
                ['  total', `probability ${score.toFixed(4)}`, inBits(totalOf(fields)), ''],
              ]),
            ]
          : []),
      ].join('\n'),
    )
    .join('\n\n');
  return truncated ? `${shown}\n\n${rest}` : shown;
}

function inBits(weight: number): string {
  return `${weight > 0 ? '+' : ''}${weight.toFixed(2)}`;
}

function totalOf(fields: ShownMatch['fields']): number {
  return fields.reduce((sum, { weight }) => sum + weight, 0);
}
