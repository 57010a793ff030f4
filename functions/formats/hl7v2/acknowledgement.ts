import { escapeText, usualSeparators } from './escape.ts';
import type { Header } from './header.ts';
import { describeIssue, errorConditions, type Hl7Issue } from './issue.ts';

/** Accepted; in error, for what the message says; or rejected, for what it is. */
export type AcknowledgementCode = 'AA' | 'AE' | 'AR';

/**
 * The general acknowledgement of a message (HL7 v2.4 chapter 2, "ACK"): MSH with sender and receiver changed places, MSA with
 * the sender's own MSH-10, and an ERR with one repetition an issue. It has the separators of the message, and repeats
 * nothing of it but its header.
 */
export function writeAcknowledgement(
  header: Header | undefined,
  code: AcknowledgementCode,
  {
    controlId,
    issues = [],
    now,
    text,
  }: {
    readonly controlId: string;
    readonly now: Date;
    readonly issues?: readonly Hl7Issue[];
    readonly text?: string;
  },
): string {
  const separators = header?.separators ?? usualSeparators;
  const { component, escaping, field, repetition, subcomponent } = separators;
  const plain = (words: string) => escapeText(words, separators);
  const type = ['ACK', header?.event, header?.structure && 'ACK'].filter(Boolean).join(component);
  const said = text ?? issues.map(describeIssue).join('; ');
  const segments = [
    [
      `MSH${field}${component}${repetition}${escaping}${subcomponent}`,
      header?.receivingApplication,
      header?.receivingFacility,
      header?.sendingApplication,
      header?.sendingFacility,
      `${now.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}+0000`,
      '',
      type,
      plain(controlId),
      header?.processingId || 'P',
      header?.version || '2.4',
      ...(header?.characterSet ? ['', '', '', '', '', 'UNICODE UTF-8'] : []),
    ],
    ['MSA', code, header?.controlId, plain(said)],
    ...(issues.length > 0
      ? [
          [
            'ERR',
            issues
              .map(({ condition, field: at, segment, sequence }) =>
                [
                  segment,
                  sequence,
                  at > 0 ? at : '',
                  [condition, plain(errorConditions[condition]), 'HL70357'].join(subcomponent),
                ].join(component),
              )
              .join(repetition),
          ],
        ]
      : []),
  ];
  return `${segments.map((parts) => parts.map((part) => part ?? '').join(field)).join('\r')}\r`;
}
