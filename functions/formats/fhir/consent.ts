import type {
  CodeableConcept,
  Consent,
  ConsentProvision,
  ConsentProvisionActor,
  Extension,
} from 'fhir/r4.js';
import {
  type Confirmation,
  type Objection,
  type ObjectionStatement,
  standingAt,
} from '../../domain/access/objection.ts';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { sections } from '../../domain/record/sections.ts';
import {
  actorRoles,
  askerTypes,
  consentReasonExtension,
  consentRecordedByExtension,
  loincSystem,
  objectionKindSystem,
  participationSystem,
  sectionSystem,
} from './consent-codes.ts';
import { odsCodeSystem } from './identifier-systems.ts';

/** How a statement is answered. */
interface StatementPlace {
  /** Whose record: a person, or whoever has the number that the caller named. */
  readonly patient:
    | { readonly reference: string }
    | { readonly identifier: { system: string; value: string } };
  /** Everything that was said, to tell what still stands. */
  readonly statements: readonly ObjectionStatement[];
  readonly now: string;
}

/** The Consents of what was said, in its order; a confirmation shows in the objection that it confirms. */
export function writeConsents(place: StatementPlace): Consent[] {
  return place.statements.flatMap((one) => (one.says === 'confirmation' ? [] : writeConsent(one, place)));
}

/** The Consent of one statement; that of a confirmation is the confirmed objection's. */
export function writeConsent(statement: ObjectionStatement, place: StatementPlace): Consent {
  const { statements } = place;
  if (statement.says === 'confirmation') {
    const confirmed = statements.find(({ id }) => id === statement.confirms);
    if (confirmed?.says === 'objection') return writeConsent(confirmed, place);
    throw new Error('a confirmation confirms nothing');
  }
  const { askedBy, came, id, kind, onBehalfOf, recordedAt, says, scope } = statement;
  const isDenied = says === 'objection';
  const basis = isDenied ? came?.id : statement.reverses;
  const confirmations = statements.filter(
    (one): one is Confirmation => one.says === 'confirmation' && one.confirms === id,
  );
  return {
    resourceType: 'Consent',
    id,
    meta: { lastUpdated: recordedAt },
    extension: extensionsOf(statement),
    status: statusOf(statement, confirmations.length > 0, place),
    scope: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
    },
    category: [
      kind === 'direct-care'
        ? { coding: [{ system: loincSystem, code: '59284-0', display: 'Consent Document' }] }
        : { coding: [{ system: objectionKindSystem, code: kind }] },
    ],
    patient: place.patient,
    dateTime: came?.recordedAt ?? recordedAt,
    performer: [{ type: askerTypes[askedBy], display: `Asked for by the ${askedBy}` }],
    organization: [organisationReference(onBehalfOf)],
    ...(basis !== undefined && { sourceReference: { reference: `Consent/${basis}` } }),
    policyRule: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
          code: isDenied ? 'OPTOUT' : 'OPTIN',
        },
      ],
    },
    ...(confirmations.length > 0 && {
      verification: confirmations.map((one) => ({ verified: true, verificationDate: one.recordedAt })),
    }),
    provision: {
      type: isDenied ? 'deny' : 'permit',
      ...periodOf(statement),
      ...provisionOf(scope),
    },
  };
}

function statusOf(
  statement: ObjectionStatement,
  isConfirmed: boolean,
  { now, statements }: StatementPlace,
): Consent['status'] {
  if (statement.says !== 'objection') return 'active';
  if (!standingAt(statements, now).some(({ id }) => id === statement.id)) return 'inactive';
  // It is in force all the same: the second step decides whether it stays so.
  return statement.awaitsConfirmation && !isConfirmed ? 'proposed' : 'active';
}

function periodOf(statement: ObjectionStatement): Pick<ConsentProvision, 'period'> {
  if (statement.says === 'confirmation') return {};
  const end = statement.says === 'objection' ? statement.until : undefined;
  return { period: { start: statement.from ?? statement.recordedAt, ...(end && { end }) } };
}

function provisionOf({ sections: chosen, sources, viewers }: Objection['scope']): ConsentProvision {
  const actors = [
    ...(sources ?? []).map((ods) => actorOf(actorRoles.sources, ods)),
    ...(viewers ?? []).map((ods) => actorOf(actorRoles.viewers, ods)),
  ];
  return {
    ...(actors.length > 0 && { actor: actors }),
    ...(chosen && { code: chosen.map(sectionConcept) }),
  };
}

function actorOf(code: string, ods: string): ConsentProvisionActor {
  return {
    role: { coding: [{ system: participationSystem, code }] },
    reference: organisationReference(ods),
  };
}

function sectionConcept(code: SectionCode): CodeableConcept {
  const { loinc, title } = sections[code];
  return {
    coding: [
      { system: sectionSystem, code, display: title },
      ...(loinc ? [{ system: loincSystem, code: loinc }] : []),
    ],
  };
}

function organisationReference(ods: string) {
  return { type: 'Organization', identifier: { system: odsCodeSystem, value: ods } };
}

function extensionsOf({ reason, recordedBy }: ObjectionStatement): Extension[] {
  const { name, organisation, role } = recordedBy;
  return [
    {
      url: consentRecordedByExtension,
      extension: [
        { url: 'name', valueString: name },
        { url: 'organisation', valueIdentifier: { system: odsCodeSystem, value: organisation } },
        ...(role ? [{ url: 'role', valueCode: role }] : []),
      ],
    },
    ...(reason ? [{ url: consentReasonExtension, valueString: reason }] : []),
  ];
}
