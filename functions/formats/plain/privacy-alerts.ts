import type { PrivacyRule } from '../../domain/audit/privacy-rules.ts';

interface AlertLike {
  readonly id: string;
  readonly rule: PrivacyRule;
  readonly subject: string;
  readonly organisation: string;
  readonly at: string;
  readonly entryId: string;
  readonly succeeded: boolean;
  readonly status: string;
  readonly version: number;
  readonly review?: {
    readonly outcome: string;
    readonly at: string;
    readonly by: { readonly name: string; readonly organisation: string };
    readonly comment?: string;
  };
}

const explanations: Readonly<Record<PrivacyRule, string>> = {
  'own-record': 'The record has the name of the one who looked.',
  household: 'The record has the surname of the one who looked, who seems to live at the same address.',
  'after-death': 'The patient had died some time before.',
  'young-child': 'The patient is a child under 13.',
  'break-glass':
    'The user claimed a part in the care of somebody, so that a record opened without other proof.',
  harvest:
    'More different people found by matching and searching in an hour than the region expects, or a quota of searches spent.',
  'unusual-volume': 'More different patients in an hour than the region expects of anybody.',
};

/** A privacy alert as plain JSON: what to ask about, and where the entry is; it names no patient. */
export function writePrivacyAlert({ at, entryId, id, organisation, review, rule, ...alert }: AlertLike) {
  return {
    id,
    rule,
    explanation: explanations[rule],
    status: alert.status,
    version: alert.version,
    at,
    succeeded: alert.succeeded,
    agent: alert.subject,
    organisation,
    auditEvent: `AuditEvent/${entryId}`,
    ...(review && {
      review: {
        outcome: review.outcome,
        at: review.at,
        by: { name: review.by.name, organisation: review.by.organisation },
        ...(review.comment && { comment: review.comment }),
      },
    }),
  };
}
