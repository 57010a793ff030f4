import type { Agreement, ShareRule, ViewRule } from './agreement.ts';

/** One rule that comes or goes. */
export interface AgreementChange {
  readonly change: 'added' | 'removed';
  readonly organisation: string;
  /** The rule in one line: who views or shares what, with whom, and when. */
  readonly rule: string;
}

/** What applying `after` over `before` changes, rule by rule, by organisation; nothing where they say the same. */
export function agreementChanges(
  before: readonly Agreement[],
  after: readonly Agreement[],
): AgreementChange[] {
  const [old, next] = [rulesOf(before), rulesOf(after)];
  const organisations = [...new Set([...old.keys(), ...next.keys()])].toSorted();
  return organisations.flatMap((organisation) => {
    const gone = old.get(organisation) ?? new Set<string>();
    const come = next.get(organisation) ?? new Set<string>();
    return [
      ...[...gone.difference(come)].map((rule) => ({ change: 'removed', organisation, rule }) as const),
      ...[...come.difference(gone)].map((rule) => ({ change: 'added', organisation, rule }) as const),
    ];
  });
}

function rulesOf(agreements: readonly Agreement[]): Map<string, Set<string>> {
  return new Map(
    agreements.map(({ organisation, share, view }) => [
      organisation,
      new Set([...view.map(viewInWords), ...share.map(shareInWords)]),
    ]),
  );
}

function viewInWords({ roles, sections, ...dates }: ViewRule): string {
  return `${listed(roles, 'every role')} may view ${listed(sections, 'every section')} ${days(dates)}`;
}

function shareInWords({ roles, sections, with: partners, ...dates }: ShareRule): string {
  const whom =
    partners === 'all'
      ? 'everybody'
      : [
          ...(partners.organisations ?? []).toSorted(),
          ...(partners.regions ?? []).toSorted().map((region) => `region ${region}`),
        ].join(', ') || 'nobody';
  return `shares ${listed(sections, 'every section')} with ${whom}, ${listed(roles, 'every role')}, ${days(dates)}`;
}

function listed(values: 'all' | readonly string[], all: string): string {
  return values === 'all' ? all : values.toSorted().join(', ');
}

function days({ from, until }: { readonly from: string; readonly until?: string }): string {
  return until === undefined ? `from ${from}` : `from ${from} until ${until}`;
}
