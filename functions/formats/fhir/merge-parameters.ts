import type { OperationOutcome, Parameters } from 'fhir/r4.js';
import { informationOutcome } from './operation-outcome.ts';
import { type ParameterValue, readParameterValues } from './operation-parameters.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import type { ReadResult } from './read-result.ts';

interface MergeParameters {
  readonly source: string;
  readonly target: string;
  readonly survivingNhsNumber: string | undefined;
  readonly overrideNotDuplicate: boolean;
  readonly comment: string | undefined;
  readonly preview: boolean;
}

/** Reads the Parameters of `Patient/$merge`: FHIR R5's names, and ours for what R5 leaves open. */
export function readMergeParameters(
  parameters: readonly ParameterValue[],
): ReadResult<{ readonly merge: MergeParameters }> {
  const read = readParameterValues(parameters, {
    'source-patient': { element: 'valueReference', required: true },
    'target-patient': { element: 'valueReference', required: true },
    preview: { element: 'valueBoolean' },
    'surviving-nhs-number': { element: 'valueString' },
    'override-not-duplicate': { element: 'valueBoolean' },
    comment: { element: 'valueString' },
  });
  if (!read.ok) return read;
  const { values } = read;
  return {
    ok: true,
    merge: {
      source: idOf(values.get('source-patient')),
      target: idOf(values.get('target-patient')),
      survivingNhsNumber: textOf(values.get('surviving-nhs-number')),
      overrideNotDuplicate: values.get('override-not-duplicate') === true,
      comment: textOf(values.get('comment')),
      preview: values.get('preview') === true,
    },
  };
}

/** Reads the Parameters of `Patient/{id}/$unmerge`; the two are kept apart afterwards unless said otherwise. */
export function readUnmergeParameters(
  parameters: readonly ParameterValue[],
): ReadResult<{ readonly unmerge: { readonly comment: string | undefined; readonly keepApart: boolean } }> {
  const read = readParameterValues(parameters, {
    'keep-apart': { element: 'valueBoolean' },
    comment: { element: 'valueString' },
  });
  if (!read.ok) return read;
  const { values } = read;
  return {
    ok: true,
    unmerge: { comment: textOf(values.get('comment')), keepApart: values.get('keep-apart') !== false },
  };
}

function idOf(reference: string | boolean | undefined): string {
  return String(reference).replace(/^Patient\//, '');
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The answer to a change of identity: what was done in words, and the Patient that results. */
export function writeMergeAnswer(words: string, result: GoldenPerson): Parameters {
  const outcome: OperationOutcome = informationOutcome(words);
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'outcome', resource: outcome },
      { name: 'result', resource: writePatient(result) },
    ],
  };
}
