import type { Bundle, OperationOutcome, OperationOutcomeIssue } from 'fhir/r4.js';
import type { Disagreement } from '../../domain/record/disagreement.ts';
import type { FoldedEntry } from '../../domain/record/fold-duplicates.ts';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import type { SourceState } from '../../domain/record/source-state.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import { type SearchSetEntry, searchSet } from './search-set.ts';
import { type ServedEntry, serveEntry, writeOrganisation } from './served-entry.ts';

interface SourceLike {
  readonly ods: string;
  readonly name: string;
  readonly state: SourceState;
}

interface PageLike {
  readonly person: GoldenPerson;
  readonly firstPage: boolean;
  readonly entries: readonly FoldedEntry<ServedEntry>[];
  readonly withheld: boolean;
  readonly sources: readonly SourceLike[];
  readonly disagreements: readonly Disagreement[];
  readonly nameOf: (ods: string) => string;
  readonly next?: string;
}

/** The codes of what is said about a section beside its entries. */
export const sectionStatementSystem = 'https://towpath.example/fhir/CodeSystem/section-statement';

/** Our extension on an issue: the organisation that it is about. */
export const aboutOrganisationExtension =
  'https://towpath.example/fhir/StructureDefinition/about-organisation';

/** Our extension on an issue: what organisations say differently, side by side. */
export const disagreementExtension = 'https://towpath.example/fhir/StructureDefinition/disagreement';

/**
 * One page of a section as a searchset: each entry under its opaque id with its sources; behind them, as outcomes, each
 * organisation that could not be read, and what else is said of the section: what is withheld, why an organisation shows
 * nothing, and where organisations differ.
 */
export function writeSectionPage(
  section: SectionCode,
  page: PageLike,
  links: { self: string; baseUrl: string },
): Bundle {
  const { disagreements, nameOf, person, sources, withheld } = page;
  const { personId } = person;
  const silent = sources.filter(({ state }) => state === 'unavailable');
  const issues = [
    ...(withheld ? [withheldIssue] : []),
    ...sources.flatMap((source) => (source.state === 'unavailable' ? [] : [sourceIssue(source)])),
    ...disagreements.map((one) => disagreementIssue(one, nameOf)),
  ];
  const outcomes = [...silent.map((source) => [sourceIssue(source)]), ...(issues.length > 0 ? [issues] : [])];
  const withPatient = section === 'demographics' && page.firstPage;
  const entries: SearchSetEntry[] = [
    ...(withPatient
      ? [{ fullUrl: `${links.baseUrl}/Patient/${personId}`, resource: writePatient(person) }]
      : []),
    ...page.entries.map(({ duplicates, entry }) => ({
      fullUrl: `${links.baseUrl}/${entry.resource.resourceType}/${entry.entryId}`,
      resource: serveEntry(entry, personId, duplicates),
    })),
    ...outcomes.map((issue) => ({ mode: 'outcome' as const, resource: outcomeOf(issue) })),
  ];
  return searchSet({
    entries,
    links: [
      { relation: 'self', url: links.self },
      ...(page.next ? [{ relation: 'next', url: `${links.self}&_cursor=${page.next}` }] : []),
    ],
  });
}

function outcomeOf(issue: OperationOutcomeIssue[]): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue };
}

const withheldIssue: OperationOutcomeIssue = {
  severity: 'warning',
  code: 'suppressed',
  details: {
    coding: [{ system: sectionStatementSystem, code: 'confidential-items' }],
    text: 'Items of this section are confidential and are not shown.',
  },
};

const stateIssues: Readonly<
  Record<
    Exclude<SourceState, 'recorded'>,
    Pick<OperationOutcomeIssue, 'severity' | 'code'> & { text: string }
  >
> = {
  unavailable: {
    severity: 'warning',
    code: 'incomplete',
    text: 'could not be read in time: what it holds is not here. Ask again.',
  },
  withheld: {
    severity: 'information',
    code: 'suppressed',
    text: 'shows nothing here. Where items are confidential, nobody is told whose they are.',
  },
  'not-shared': {
    severity: 'information',
    code: 'business-rule',
    text: 'does not share this section.',
  },
  'none-recorded': {
    severity: 'information',
    code: 'informational',
    text: 'has recorded nothing here. That is not to say that there is none.',
  },
  'none-known': {
    severity: 'information',
    code: 'informational',
    text: 'has said that there is none known.',
  },
};

function sourceIssue({ name, ods, state }: SourceLike): OperationOutcomeIssue {
  const { code, severity, text } = stateIssues[state === 'recorded' ? 'none-recorded' : state];
  return {
    extension: [{ url: aboutOrganisationExtension, valueReference: writeOrganisation(ods, name) }],
    severity,
    code,
    details: { coding: [{ system: sectionStatementSystem, code: state }], text: `${name} ${text}` },
  };
}

function disagreementIssue(
  { about, kind, sides }: Disagreement,
  nameOf: (ods: string) => string,
): OperationOutcomeIssue {
  const words = sides.map(({ ods, says }) => `${nameOf(ods)}: ${says}`).join(' | ');
  return {
    extension: [
      {
        url: disagreementExtension,
        extension: [
          { url: 'about', valueString: about },
          ...sides.map(({ ods, references, says }) => ({
            url: 'side',
            extension: [
              { url: 'organisation', valueReference: writeOrganisation(ods, nameOf(ods)) },
              { url: 'says', valueString: says },
              ...references.map((reference) => ({ url: 'entry', valueReference: { reference } })),
            ],
          })),
        ],
      },
    ],
    severity: 'warning',
    code: 'conflict',
    details: {
      coding: [{ system: sectionStatementSystem, code: kind }],
      text: `Organisations differ on ${about}. ${words}`,
    },
  };
}
