import type { Objection, ObjectionKind, ObjectionRequest } from '../../domain/access/objection.ts';
import { type SectionCode, sectionCodes } from '../../domain/record/section-codes.ts';
import { sections } from '../../domain/record/sections.ts';
import {
  actorRoles,
  askerTypes,
  consentReasonExtension,
  loincSystem,
  objectionKindSystem,
  participationSystem,
  sectionSystem,
} from './consent-codes.ts';
import { nhsNumberSystem, odsCodeSystem } from './identifier-systems.ts';

/** A Consent as the request schema lets it in. */
export interface SentConsent {
  readonly status: 'active' | 'inactive';
  readonly patient: {
    readonly reference?: string | undefined;
    readonly identifier?: { readonly system: string; readonly value: string } | undefined;
  };
  readonly category?: readonly SentConcept[] | undefined;
  readonly performer?: readonly { readonly type: string }[] | undefined;
  readonly organization?: readonly SentOrganisation[] | undefined;
  readonly sourceReference?: { readonly reference: string } | undefined;
  readonly verification?: readonly { readonly verified: boolean }[] | undefined;
  readonly extension?: readonly { readonly url: string; readonly valueString: string }[] | undefined;
  readonly provision?: SentProvision | undefined;
}

interface SentConcept {
  readonly coding?:
    | readonly { readonly system?: string | undefined; readonly code?: string | undefined }[]
    | undefined;
}

interface SentOrganisation {
  readonly identifier: { readonly system: string; readonly value: string };
}

interface SentProvision {
  readonly type: 'deny' | 'permit';
  readonly period?: { readonly start?: string | undefined; readonly end?: string | undefined } | undefined;
  readonly actor?:
    | readonly { readonly role: SentConcept; readonly reference: SentOrganisation }[]
    | undefined;
  readonly code?: readonly SentConcept[] | undefined;
}

/**
 * Reads what a Consent asks for. An active `deny` is an objection; a `permit`, or any inactive Consent, reverses the one that
 * `sourceReference` names, or all that are about the same; with `verification` it confirms that one.
 */
export function readConsent(
  sent: SentConsent,
): { ok: true; request: ObjectionRequest } | { ok: false; issues: string[] } {
  const issues: string[] = [];
  const { provision } = sent;
  const isConfirmed = sent.verification?.some(({ verified }) => verified) ?? false;
  const isObjection = sent.status === 'active' && provision?.type === 'deny';
  const says = isConfirmed ? 'confirmation' : isObjection ? 'objection' : 'reversal';
  const kind = kindOf(sent.category ?? [], issues);
  const scope = scopeOf(provision, issues);
  if (kind !== 'direct-care' && Object.keys(scope).length > 0)
    issues.push('provision: an opt-out of secondary use is for the whole record');
  // A day begins at midnight in the United Kingdom, in summer an hour before UTC's: an objection is never late.
  const from = instantOf(provision?.period?.start, says === 'reversal' ? 'T00:00:00Z' : 'T00:00:00+01:00');
  const until = instantOf(provision?.period?.end, 'T24:00:00Z');
  if (from === null) issues.push('provision.period.start: not a date, or an instant with its time zone');
  if (until === null) issues.push('provision.period.end: not a date, or an instant with its time zone');
  const start = instantOf(provision?.period?.start, 'T00:00:00Z');
  if (start && until && until <= start) issues.push('provision.period: ends before it starts');
  const [organisation] = sent.organization ?? [];
  if (organisation && organisation.identifier.system !== odsCodeSystem)
    issues.push('organization.identifier: not an ODS code');
  const asker = Object.entries(askerTypes).find(
    ([, type]) => type === (sent.performer?.[0]?.type ?? 'Patient'),
  );
  if (!asker) issues.push('performer.type: not Patient, RelatedPerson or Practitioner');
  const { identifier, reference } = sent.patient;
  if ((reference === undefined) === (identifier === undefined))
    issues.push('patient: give either a reference or an identifier');
  if (identifier && identifier.system !== nhsNumberSystem)
    issues.push('patient.identifier.system: not that of NHS numbers');
  if (issues.length > 0) return { ok: false, issues };
  return {
    ok: true,
    request: {
      says,
      kind,
      scope,
      askedBy: (asker?.[0] ?? 'patient') as Objection['askedBy'],
      reason: sent.extension?.find(({ url }) => url === consentReasonExtension)?.valueString,
      from: from ?? undefined,
      until: until ?? undefined,
      about: sent.sourceReference?.reference.replace(/^Consent\//, ''),
      onBehalfOf: organisation?.identifier.value,
    },
  };
}

function kindOf(category: readonly SentConcept[], issues: string[]): ObjectionKind {
  const codes = codesOf(category, objectionKindSystem);
  if (codes.length === 0) return 'direct-care';
  const [code] = codes;
  if (codes.length === 1 && (code === 'national-data-opt-out' || code === 'type-1')) return code;
  issues.push('category: not a kind of objection');
  return 'direct-care';
}

function scopeOf(provision: SentProvision | undefined, issues: string[]): Objection['scope'] {
  const actors = { sources: [] as string[], viewers: [] as string[] };
  for (const { reference, role } of provision?.actor ?? []) {
    const [code] = codesOf([role], participationSystem);
    const list =
      code === actorRoles.sources ? 'sources' : code === actorRoles.viewers ? 'viewers' : undefined;
    if (!list) issues.push('provision.actor.role: not CST or IRCP');
    else if (reference.identifier.system !== odsCodeSystem)
      issues.push('provision.actor.reference.identifier: not an ODS code');
    else actors[list].push(reference.identifier.value);
  }
  const chosen = (provision?.code ?? []).map(sectionsIn);
  const known = chosen.flat();
  if (chosen.some((codes) => codes.length === 0)) issues.push('provision.code: not a section');
  // Who somebody is must be found to find that they object; where they live is kept back by PDS's flag.
  if (known.includes('demographics')) issues.push('provision.code: demographics cannot be objected to');
  const { sources, viewers } = actors;
  return {
    ...(sources.length > 0 && { sources: [...new Set(sources)] }),
    ...(viewers.length > 0 && { viewers: [...new Set(viewers)] }),
    ...(known.length > 0 && { sections: [...new Set(known)] }),
  };
}

/** The sections that a concept names: by our code, else all that have its LOINC code. */
function sectionsIn(concept: SentConcept): SectionCode[] {
  const own = codesOf([concept], sectionSystem);
  if (own.length > 0) return sectionCodes.filter((code) => own.includes(code));
  const loinc = codesOf([concept], loincSystem);
  return sectionCodes.filter((code) => loinc.includes(sections[code].loinc ?? ''));
}

function codesOf(concepts: readonly SentConcept[], system: string): string[] {
  return concepts
    .flatMap(({ coding = [] }) => coding)
    .flatMap((coding) => (coding.system === system && coding.code !== undefined ? [coding.code] : []));
}

const dateText = /^\d{4}-\d{2}-\d{2}$/;
const zonedText = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** The instant of a FHIR dateTime, a date at the given time of day; null when it is none. */
function instantOf(text: string | undefined, timeOfDay: string): string | undefined | null {
  if (text === undefined) return undefined;
  if (!dateText.test(text) && !zonedText.test(text)) return null;
  const time = Date.parse(dateText.test(text) ? `${text}${timeOfDay}` : text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
