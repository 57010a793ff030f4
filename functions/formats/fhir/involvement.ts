import type {
  CareTeam,
  Encounter,
  EpisodeOfCare,
  FhirResource,
  Organization,
  Reference,
  ServiceRequest,
} from 'fhir/r4.js';
import { odsCodeSystem } from './identifier-systems.ts';

/** What a resource says of organisations that are, or were, involved in the patient's care. */
export interface Involvement {
  readonly kind: 'encounter' | 'referral' | 'care-team' | 'episode';
  /** ODS codes; none where the resource names no organisation by one. */
  readonly organisations: readonly string[];
  /** `void`: cancelled, revoked or entered in error, so that it proves nothing and never did. */
  readonly state: 'going-on' | 'ended' | 'void';
  /** FHIR dates or instants, as sent. */
  readonly since?: string;
  readonly ended?: string;
}

/** The involvement that a resource speaks of; undefined for one that speaks of none, or leaves its state open. */
export function readInvolvement(resource: FhirResource): Involvement | undefined {
  switch (resource.resourceType) {
    case 'Encounter':
      return fromEncounter(resource);
    case 'EpisodeOfCare':
      return fromEpisode(resource);
    case 'ServiceRequest':
      return fromReferral(resource);
    case 'CareTeam':
      return fromCareTeam(resource);
    default:
      return undefined;
  }
}

type State = Involvement['state'];

const encounterStates: Readonly<Record<string, State>> = {
  planned: 'going-on',
  arrived: 'going-on',
  triaged: 'going-on',
  'in-progress': 'going-on',
  onleave: 'going-on',
  finished: 'ended',
  cancelled: 'void',
  'entered-in-error': 'void',
};

const episodeStates: Readonly<Record<string, State>> = {
  planned: 'going-on',
  waitlist: 'going-on',
  active: 'going-on',
  onhold: 'going-on',
  finished: 'ended',
  cancelled: 'void',
  'entered-in-error': 'void',
};

const requestStates: Readonly<Record<string, State>> = {
  active: 'going-on',
  'on-hold': 'going-on',
  completed: 'going-on',
  revoked: 'void',
  'entered-in-error': 'void',
};

const teamStates: Readonly<Record<string, State>> = {
  active: 'going-on',
  suspended: 'going-on',
  inactive: 'ended',
  'entered-in-error': 'void',
};

/** A proposal asks nobody yet. */
const askingIntents: ReadonlySet<string> = new Set([
  'directive',
  'order',
  'original-order',
  'reflex-order',
  'filler-order',
  'instance-order',
]);

function fromEncounter({ period, serviceProvider, status, contained }: Encounter): Involvement | undefined {
  return involvement('encounter', encounterStates[status], [serviceProvider], { contained, period });
}

function fromEpisode({
  contained,
  managingOrganization,
  period,
  status,
}: EpisodeOfCare): Involvement | undefined {
  return involvement('episode', episodeStates[status], [managingOrganization], { contained, period });
}

function fromReferral({
  authoredOn,
  contained,
  intent,
  performer,
  status,
}: ServiceRequest): Involvement | undefined {
  if (!askingIntents.has(intent)) return undefined;
  const period = authoredOn === undefined ? undefined : { start: authoredOn };
  return involvement('referral', requestStates[status], performer ?? [], { contained, period });
}

function fromCareTeam({
  contained,
  managingOrganization,
  participant,
  period,
  status,
}: CareTeam): Involvement | undefined {
  const named = [
    ...(managingOrganization ?? []),
    ...(participant ?? []).flatMap(({ member, onBehalfOf }) => [member, onBehalfOf]),
  ];
  return involvement('care-team', status && teamStates[status], named, { contained, period });
}

function involvement(
  kind: Involvement['kind'],
  state: State | undefined,
  named: readonly (Reference | undefined)[],
  { contained = [], period }: Pick<Encounter, 'contained' | 'period'>,
): Involvement | undefined {
  if (state === undefined) return undefined;
  const codes = named.flatMap((reference) => odsCodeOf(reference, contained) ?? []);
  return {
    kind,
    organisations: [...new Set(codes)],
    state,
    ...(period?.start !== undefined && { since: period.start }),
    ...(period?.end !== undefined && { ended: period.end }),
  };
}

/** The ODS code in a logical reference, or in the contained Organization that it names. */
function odsCodeOf(
  reference: Reference | undefined,
  contained: NonNullable<Encounter['contained']>,
): string | undefined {
  const { identifier, reference: target } = reference ?? {};
  if (identifier?.system === odsCodeSystem) return identifier.value?.toUpperCase();
  const held = contained.find(({ id }) => id !== undefined && target === `#${id}`);
  if (held?.resourceType !== 'Organization') return undefined;
  return (held as Organization).identifier
    ?.find(({ system }) => system === odsCodeSystem)
    ?.value?.toUpperCase();
}
