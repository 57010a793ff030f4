import * as z from 'zod';
import { agreementFindings, agreementSchema } from './agreement.ts';
import { breakGlassSchema } from './break-glass.ts';
import { objectionRuleFindings, objectionRulesSchema } from './objection-rules.ts';
import { odsCode, regionName } from './organisation.ts';
import { keyMaterial } from './public-keys.ts';
import { relationshipRulesSchema } from './relationship-rules.ts';
import { type Role, roles } from './roles.ts';
import { searchQuotasSchema } from './search-quotas.ts';
import { sensitiveLabelNames } from './sensitive-categories.ts';
import { tokenClientSchema } from './token-client.ts';
import { tokenIssuerSchema } from './token-issuer.ts';

const roleNames = Object.keys(roles) as [Role, ...Role[]];

/** The care settings of an organisation, which say what a source usually holds. */
export const organisationTypes = [
  'gp-practice',
  'acute-trust',
  'mental-health-trust',
  'community-trust',
  'ambulance-service',
  'care-home',
  'pharmacy',
] as const;

const organisation = z.strictObject({
  /** ODS code. */
  ods: odsCode,
  name: z.string().min(1),
  type: z.enum(organisationTypes),
  /** The shared care record region that it belongs to: a neighbour's organisation names another region. */
  region: regionName,
  /** Requests a second and burst of its usage plan; the region's default when absent. */
  throttle: z
    .strictObject({ ratePerSecond: z.number().positive(), burst: z.number().int().positive() })
    .optional(),
});

/** The rules of one region that functions read at run time: who may view, who shares what, and the dated rules. */
export const regionPolicySchema = z
  .strictObject({
    region: regionName,
    name: z.string().min(1),
    /** The `iss` of access tokens that the region issues itself. */
    tokenIssuer: z.url(),
    /** The `aud` that access tokens must carry: the region's base URL. That of assertions is its token endpoint. */
    tokenAudience: z.url(),
    /** Other issuers whose access tokens are taken. */
    issuers: z.array(tokenIssuerSchema).default([]),
    /** Systems that may ask for access tokens. */
    clients: z.array(tokenClientSchema).default([]),
    organisations: z.array(organisation).min(1),
    /** Who views and who shares what, until others are applied (`towpath config apply`). View and share are separate. */
    agreements: z.array(agreementSchema),
    /** Seconds for which an execution environment goes by the agreements that it has read: so long may a withdrawn rule still show. */
    agreementSeconds: z.number().int().min(0).max(60).default(5),
    objections: objectionRulesSchema,
    /** Days after death in which the record stays readable (GP Connect 0.7.4: 28). */
    deceasedReadableDays: z.number().int().min(0),
    /** When each kind of relationship expires. */
    relationships: relationshipRulesSchema.prefault({}),
    breakGlass: breakGlassSchema.prefault({}),
    /** Categories of sensitive entries that are shown to roles of other organisations too; to nobody while there is none. */
    sensitiveEntries: z
      .array(
        z.strictObject({ category: z.enum(sensitiveLabelNames), shownTo: z.array(z.enum(roleNames)).min(1) }),
      )
      .default([]),
    /** How long an organisation's feed may be silent before it counts as late. */
    feeds: z
      .strictObject({
        /** Hours by kind of organisation. */
        expectEveryHours: z.partialRecord(z.enum(organisationTypes), z.number().positive()).default({
          'gp-practice': 24,
          'acute-trust': 4,
          'mental-health-trust': 24,
          'community-trust': 24,
          'ambulance-service': 12,
          'care-home': 168,
          pharmacy: 72,
        }),
        /** Of an organisation whose kind is not among them. */
        otherwiseEveryHours: z.number().positive().default(24),
      })
      .prefault({}),
    /** How feeds are taken. */
    intake: z
      .strictObject({
        /** What a feed without `Prefer` is answered: what became of it, or where it will be told. */
        answers: z.enum(['at-once', 'queued']),
        /** Days for which a message that was refused for what it holds is kept. */
        rejectDays: z.number().int().min(1).max(365),
      })
      .default({ answers: 'queued', rejectDays: 30 }),
    /** How often people may be sought. */
    searchQuotas: searchQuotasSchema.prefault({}),
    /**
     * Answers that must not tell who a patient is, or whether there is one, leave at a whole number of these milliseconds after
     * their request: more than such an answer takes, so that its time tells as little as its bytes. 0 leaves them as they come.
     */
    evenMilliseconds: z.number().int().min(0).max(1_000).default(100),
    /** From when on a look at a record is put on the privacy officer's list. */
    privacy: z
      .strictObject({
        /** Different patients whose records one user may open in an hour. */
        patientsAnHour: z.number().int().positive(),
        /** Different people whom one user may find by matching and searching in an hour. */
        foundAnHour: z.number().int().positive(),
        /** Days after death in which certificates and last letters need the record. */
        afterDeathDays: z.number().int().min(0),
        /** Each look at a child under 13 goes on the list as well; it is marked in the log in either case. */
        youngChildren: z.boolean().default(false),
      })
      .prefault({ patientsAnHour: 60, foundAnHour: 300, afterDeathDays: 7 }),
    /** Whose word counts most where sources differ, most trusted first; a type that is left out comes last. */
    sourceTrust: z.array(z.enum(organisationTypes)),
    matching: z.strictObject({
      /** Scores (0 to 1) from which a candidate is certain, probable, possible. */
      certain: z.number().min(0).max(1),
      probable: z.number().min(0).max(1),
      possible: z.number().min(0).max(1),
      /** A certain answer needs this lead over the next candidate. */
      lead: z.number().min(0).max(1),
      /** Candidates scored at most for one query; more are reported as truncated, never as unique. */
      maxCandidates: z.number().int().positive(),
      /**
       * What an NHS number finds without a birth date or a family name: people of the caller's own care (`related`), or nobody.
       * Systems that nobody sits before are refused in either case.
       */
      numberAlone: z.enum(['related', 'refused']).default('related'),
    }),
  })
  .superRefine((policy, context) => {
    const seen = new Set<string>();
    for (const { ods } of policy.organisations) {
      if (seen.has(ods)) context.addIssue({ code: 'custom', message: `organisation ${ods} is listed twice` });
      seen.add(ods);
    }
    for (const message of [...misregistered(policy), ...objectionRuleFindings(policy)])
      context.addIssue({ code: 'custom', message });
    for (const { message, path } of agreementFindings(policy))
      context.addIssue({ code: 'custom', message, path: [...path] });
    const { certain, probable, possible } = policy.matching;
    if (!(certain >= probable && probable >= possible))
      context.addIssue({
        code: 'custom',
        message: 'matching thresholds must fall: certain ≥ probable ≥ possible',
      });
  });

interface Registered {
  readonly tokenIssuer: string;
  readonly organisations: readonly { readonly ods: string }[];
  readonly issuers: readonly z.infer<typeof tokenIssuerSchema>[];
  readonly clients: readonly z.infer<typeof tokenClientSchema>[];
}

/** What is wrong with the registered issuers and clients taken together. */
function misregistered({ clients, issuers, organisations, tokenIssuer }: Registered): string[] {
  const names = [tokenIssuer, ...issuers.map(({ issuer }) => issuer), ...clients.map(({ id }) => id)];
  const materials = clients.flatMap(({ keys }) => [...new Set(keys?.keys.map(keyMaterial))]);
  return [
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `issuer or client ${name} is registered twice`),
    ...(new Set(materials).size < materials.length ? ['two clients have one key'] : []),
    ...clients
      .filter(({ organisation }) => !organisations.some(({ ods }) => ods === organisation))
      .map(
        ({ id, organisation }) => `client ${id} acts for ${organisation}, which is not an organisation here`,
      ),
  ];
}

/** The `aud` that a client assertion must carry, exactly. */
export function tokenEndpointOf({ tokenAudience }: { readonly tokenAudience: string }): string {
  return `${tokenAudience}/oauth2/token`;
}

/** See {@link regionPolicySchema}. */
export type RegionPolicy = z.infer<typeof regionPolicySchema>;

/**
 * The value of the API key by which the authoriser chooses an organisation's usage plan (`unlisted` for one in no policy).
 * It is no credential: only the authoriser can supply it (`apiKeySourceType: AUTHORIZER`), and it opens nothing.
 */
export function usagePlanKey(region: string, organisation = 'unlisted'): string {
  return `towpath-${region}-${organisation}-usage-plan`;
}

/** The rank of an organisation in the region's order of trust, 0 first; one without an agreement comes last. */
export function sourceTrustOf({ organisations, sourceTrust }: RegionPolicy, ods: string): number {
  const type = organisations.find((organisation) => organisation.ods === ods)?.type;
  const rank = type === undefined ? -1 : sourceTrust.indexOf(type);
  return rank === -1 ? organisationTypes.length : rank;
}

/** One organisation of a region's policy. */
export type Organisation = RegionPolicy['organisations'][number];

/** The organisation of this ODS code, when it is of the region's policy: listed, whatever it has agreed. */
export function organisationOf(policy: RegionPolicy, ods: string): Organisation | undefined {
  return policy.organisations.find((organisation) => organisation.ods === ods);
}

/** The organisation's name; its ODS code where it is of no region that is known here. */
export function organisationName(policy: RegionPolicy, ods: string): string {
  return organisationOf(policy, ods)?.name ?? ods;
}
