import {
  type ComparisonFields,
  comparisonFields,
} from '../../functions/domain/matching/comparison-fields.ts';
import { describePatient } from '../../functions/formats/fhir/patient.ts';
import type { Random } from '../../local/demo/random.ts';
import { describeRow } from '../../local/measure/describe-row.ts';
import type { MadePerson } from './population.ts';
import { type Carelessness, makeRecord } from './records.ts';

/** What matching compares of a made-up person, as one clerk wrote them down. */
export function makeFields(
  person: MadePerson,
  random: Random,
  carelessness?: Carelessness,
): ComparisonFields {
  const record = makeRecord(person, person.id, random, carelessness);
  const described = describePatient(describeRow({ row: 0, ...record }));
  const [fields] = described.ok ? comparisonFields(described.patient.demographics) : [];
  return fields ?? { given: [] };
}
