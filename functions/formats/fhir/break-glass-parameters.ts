import type { Parameters } from 'fhir/r4.js';
import {
  type AlertType,
  alertTypes,
  type ClaimReason,
  claimReasons,
  isPublishedPair,
} from '../../domain/access/break-glass.ts';
import { informationOutcome } from './operation-outcome.ts';
import type { ReadResult } from './read-result.ts';

interface CodedParameter {
  readonly name: string;
  readonly valueCode?: string | undefined;
  readonly valueString?: string | undefined;
}

/** Reads the Parameters of `$break-glass`: `alert-type` and `reason`, each once, as one of the published pairs. */
export function readBreakGlass(
  parameters: readonly CodedParameter[],
): ReadResult<{ readonly claim: { readonly type: AlertType; readonly reason: ClaimReason } }> {
  const valuesOf = (name: string) =>
    parameters.flatMap((one) => (one.name === name ? [one.valueCode ?? one.valueString ?? ''] : []));
  const [types, reasons] = [valuesOf('alert-type'), valuesOf('reason')];
  const [type] = types;
  const [reason] = reasons;
  const issues = [
    ...(types.length === 1 && isCode(alertTypes, type) ? [] : ['alert-type: must be 1 or 2, once']),
    ...(reasons.length === 1 && isCode(claimReasons, reason) ? [] : ['reason: must be 1 to 6, once']),
    ...(parameters.length > types.length + reasons.length
      ? ['Parameters.parameter: alert-type and reason are all that is taken']
      : []),
  ];
  if (issues.length > 0 || !isCode(alertTypes, type) || !isCode(claimReasons, reason))
    return { ok: false, issues };
  return isPublishedPair(type, reason)
    ? { ok: true, claim: { type, reason } }
    : {
        ok: false,
        issues: ['reason: alert type 1 takes 1, 2, 3, 4 and 6; alert type 2 takes 1, 2, 3 and 5'],
      };
}

function isCode<Table extends object>(table: Table, code: string | undefined): code is keyof Table & string {
  return code !== undefined && Object.hasOwn(table, code);
}

/** The answer to a claim: the same for everybody but its end. */
export function writeBreakGlass(until: string): Parameters {
  return {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'outcome',
        resource: informationOutcome(
          'Your claim is recorded and will be reviewed. It opens no record that is sealed or that its patient objects to.',
        ),
      },
      { name: 'until', valueInstant: until },
    ],
  };
}
