import type { OperationOutcome } from 'fhir/r4.js';
import { type ErrorCode, errorCatalogue, errorSystem } from '../../domain/error-catalogue.ts';

/** The catalogue's error as an OperationOutcome; `places` are FHIRPath-like places with static words, never values. */
export function operationOutcome(code: ErrorCode, places: readonly string[] = []): OperationOutcome {
  const { issue, status, text } = errorCatalogue[code];
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: status < 400 ? 'information' : 'error',
        code: issue,
        details: { coding: [{ system: errorSystem, code, display: text }], text },
        ...(places.length > 0 && { diagnostics: places.slice(0, 20).join('; ') }),
      },
    ],
  };
}

/** What was done, in static words. */
export function informationOutcome(text: string): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', details: { text } }],
  };
}

/** A warning beside an answer, such as that something was withheld. */
export function warningOutcome(
  issue: 'suppressed' | 'incomplete' | 'informational',
  text: string,
): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'warning', code: issue, details: { text } }],
  };
}
