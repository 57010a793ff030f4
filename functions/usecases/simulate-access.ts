import { type Agreement, agreementFindings, agreementsOn } from '../domain/access/agreement.ts';
import type { Caller } from '../domain/access/caller.ts';
import { decideOperation, mayReadSection } from '../domain/access/decide-access.ts';
import { shownLabels } from '../domain/access/entry-visibility.ts';
import { organisationName } from '../domain/access/region-policy.ts';
import { proofsFor } from '../domain/access/relationship.ts';
import { mayOpenSection } from '../domain/access/roles.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { type SectionCode, sectionCodes } from '../domain/record/section-codes.ts';
import { instant } from '../store/store.ts';
import { openRecord, type SectionSource } from './open-record.ts';
import { type Region, type Result, refuse } from './region.ts';

/** In whose place the record would be opened, and by which agreements. */
export interface SimulationRequest {
  readonly personId: string;
  readonly as: Pick<Caller, 'role' | 'organisation' | 'subject' | 'purpose'>;
  /** Agreements in place of those that are applied. */
  readonly agreements?: readonly Agreement[] | undefined;
}

/** Why a section, or a source of it, is seen or not. */
export type SimulatedReason =
  | 'own-record'
  | 'agreement'
  | 'closed-record'
  | 'no-view-agreement'
  | 'no-share-agreement'
  | 'role'
  | 'objection';

/** What would be seen, and why: never what stands in the record. */
export interface Simulation {
  readonly personId: string;
  readonly allowed: boolean;
  /** What the caller would be told in place of the record. */
  readonly code?: ErrorCode;
  /** The proofs of involvement that hold for them now; a look would rest on the first. */
  readonly relationships: readonly { readonly kind: string; readonly until: string }[];
  readonly sections: readonly {
    readonly section: SectionCode;
    readonly opens: boolean;
    readonly because: SimulatedReason;
    /** None where the record, or the section, is not opened. */
    readonly sources: readonly {
      readonly organisation: string;
      readonly name: string;
      readonly shown: boolean;
      readonly because: SimulatedReason;
      /** Labels that keep no entry of it from them; an entry with any other is withheld. */
      readonly labels: 'all' | readonly string[];
    }[];
  }[];
}

const sharingReasons: Readonly<Record<SectionSource['sharing'], SimulatedReason>> = {
  shared: 'agreement',
  'not-shared': 'no-share-agreement',
  withheld: 'objection',
};

/**
 * Opens a record in somebody else's place, for those who answer for agreements: by the same door as every reader, and without
 * reading one entry. Which labels an entry may have is told, and never whether there is one that has another.
 */
export async function simulateAccess(
  { opened: _, ...region }: Region,
  caller: Caller,
  { agreements, as, personId }: SimulationRequest,
): Promise<Result<Simulation>> {
  const looked = await openRecord(region, caller, personId, {
    permission: 'agreement.read',
    despiteObjection: true,
  });
  if (!looked.ok) return looked;
  const now = instant(region.store);
  const findings = agreements ? agreementFindings({ ...region.policy, agreements }) : [];
  if (findings.length > 0)
    return refuse('INVALID_REQUEST', {
      issues: findings.map(({ message, path }) => `${path.join('.')}: ${message}`),
    });
  const policy = {
    ...region.policy,
    ...(agreements && { agreements: agreementsOn(agreements, now.slice(0, 10)) }),
  };
  const viewer: Caller = { ...as, name: as.subject, tokenId: 'simulated' };
  const opened = await openRecord({ ...region, policy }, viewer, personId, { permission: 'record.read' });
  const sections = sectionCodes.map((section) => {
    const opens = decideOperation(policy, viewer, 'record.read', section).allowed;
    return {
      section,
      opens: opens && opened.ok,
      because: opens && !opened.ok ? ('closed-record' as const) : reasonOf(opens),
      sources: (opened.ok ? opened.value.sourcesOf(section) : []).map(({ sharing, source: { ods } }) => ({
        organisation: ods,
        name: organisationName(policy, ods),
        shown: sharing === 'shared',
        because:
          sharing === 'shared' && ods === viewer.organisation
            ? ('own-record' as const)
            : sharingReasons[sharing],
        labels: ods === viewer.organisation ? ('all' as const) : shownLabels(policy, viewer),
      })),
    };
    function reasonOf(isOpen: boolean): SimulatedReason {
      if (isOpen || mayReadSection(policy, viewer, section)) return 'agreement';
      return mayOpenSection(viewer.role, section) ? 'no-view-agreement' : 'role';
    }
  });
  return {
    ok: true,
    value: {
      personId: looked.value.person.personId,
      allowed: opened.ok,
      ...(!opened.ok && { code: opened.code }),
      relationships: proofsFor(looked.value.relationships, as, now).map(({ kind, until }) => ({
        kind,
        until,
      })),
      sections,
    },
  };
}
