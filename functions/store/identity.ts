import { type Relationship, renewRelationships } from '../domain/access/relationship.ts';
import type { LinkGrounds } from '../domain/identity/link-grounds.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { recordIdentityEvent } from './identity-event.ts';
import type { Decider } from './identity-mark.ts';
import { linkKey, type SourceRef } from './keys.ts';
import type { Link } from './person.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, putVersion, type Write } from './transaction.ts';

/** How a source record came to its person, and why. */
export interface LinkDecision {
  readonly how: 'created' | 'nhs-number' | 'demographics' | 'steward';
  /** `none` where no demographics were weighed. */
  readonly policyVersion: string;
  readonly score?: number;
  readonly grounds?: LinkGrounds;
  /** The steward who decided, and what they wrote: for the ledger. */
  readonly decidedBy?: Decider;
  readonly comment?: string;
}

/** What a message says that is kept on the link, to be read with the person. */
export interface LinkNews {
  readonly said: readonly Relationship[];
  /** When the registration at a former practice ends, if the message names another: ISO 8601 UTC instant. */
  readonly movesAt: string;
  /** Labels of its entries that ask for care. */
  readonly labels: readonly string[];
  /** Sections of its entries; absent where the record may have entries that the message does not tell of. */
  readonly sections?: readonly SectionCode[];
}

/** The writes that link a source record to a person for the first time: the link, and the entry of the ledger with its grounds. */
export function writeLink(
  store: Store,
  personId: string,
  source: SourceRef,
  { comment, decidedBy, grounds, how, policyVersion, score }: LinkDecision,
  { labels, movesAt, said, sections }: LinkNews,
): Write<'person-changed'>[] {
  const decision = { source, how, policyVersion, ...(score !== undefined && { score }) };
  const link: Link = {
    ...decision,
    linkedAt: instant(store),
    version: 1,
    relationships: renewRelationships([], said, { movesAt, now: instant(store) }),
    labels: [...new Set(labels)],
    ...(sections && { sections: [...new Set(sections)] }),
  };
  return [
    putNew(
      store.recordTable,
      { ...linkKey(personId, source), type: 'Link', schemaVersion, ...link },
      'person-changed',
    ),
    recordIdentityEvent(store, personId, {
      event: how === 'created' ? 'created' : 'linked',
      ...decision,
      ...(grounds && { grounds }),
      ...(decidedBy && { decidedBy }),
      ...(comment && { comment }),
    }),
  ];
}

/** The writes that add what a message says to the link as it was read; none where it says nothing. */
export function renewLink(
  store: Store,
  personId: string,
  link: Link,
  { labels, movesAt, said, sections = [] }: LinkNews,
): Write<'person-changed'>[] {
  // What is not known to be all stays so.
  const isNews = link.sections && !sections.every((section) => link.sections?.includes(section));
  if (said.length === 0 && !isNews && labels.every((label) => link.labels.includes(label))) return [];
  const { version } = link;
  const next: Link = {
    ...link,
    version: version + 1,
    relationships: renewRelationships(link.relationships, said, { movesAt, now: instant(store) }),
    labels: [...new Set([...link.labels, ...labels])],
    ...(link.sections && { sections: [...new Set([...link.sections, ...sections])] }),
  };
  const item = { ...next, ...linkKey(personId, link.source), type: 'Link', schemaVersion };
  return [putVersion(store.recordTable, item, version, 'person-changed')];
}
