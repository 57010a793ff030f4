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

interface UnmergeParameters {
  readonly comment: string | undefined;
  readonly keepApart: boolean;
  /** One record to be taken away, rather than a merge to be undone. */
  readonly record: { readonly ods: string; readonly local: string } | undefined;
  /** Who gets that record. */
  readonly target: string | undefined;
}

const recordName = /^([A-Z0-9]{3,10})\/([0-9a-f]{32})$/;

/**
 * Reads the Parameters of `Patient/{id}/$unmerge`. Without a `record` the merge of this person is undone, and the two are kept
 * apart afterwards unless said otherwise. A `record` is named as `$link-history` shows it: organisation, slash, id.
 */
export function readUnmergeParameters(
  parameters: readonly ParameterValue[],
): ReadResult<{ readonly unmerge: UnmergeParameters }> {
  const read = readParameterValues(parameters, {
    'keep-apart': { element: 'valueBoolean' },
    record: { element: 'valueString' },
    'target-patient': { element: 'valueReference' },
    comment: { element: 'valueString' },
  });
  if (!read.ok) return read;
  const { values } = read;
  const named = textOf(values.get('record'));
  const [, ods, local] = recordName.exec(named ?? '') ?? [];
  const record = ods && local ? { ods, local } : undefined;
  if (named !== undefined && !record)
    return {
      ok: false,
      issues: ['record: must be an organisation and an id of $link-history, with a slash'],
    };
  const target = values.get('target-patient');
  if (target !== undefined && !record)
    return { ok: false, issues: ['target-patient: is of use with a record only'] };
  return {
    ok: true,
    unmerge: {
      comment: textOf(values.get('comment')),
      keepApart: values.get('keep-apart') !== false,
      record,
      target: target === undefined ? undefined : idOf(target),
    },
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
