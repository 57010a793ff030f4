import { createHash } from 'node:crypto';
import {
  type ComparisonFields,
  comparisonFields,
} from '../../functions/domain/matching/comparison-fields.ts';
import { type MatchPolicy, matchPolicy } from '../../functions/domain/matching/match-policy.ts';
import { type Training, trainPolicy } from '../../functions/domain/matching/train-policy.ts';
import { describePatient } from '../../functions/formats/fhir/patient.ts';
import type { PersonRow } from '../csv/read-people.ts';
import { seededRandom } from '../demo/random.ts';
import { describeRow } from './describe-row.ts';

/** Trains the shipped policy on rows, whose truth is not looked at; the same rows and seed give the same policy. */
export function trainOnRows(rows: readonly PersonRow[], seed: number): Training {
  const training = trainPolicy(rows.map(fieldsOf), matchPolicy, { random: seededRandom(seed) });
  return { ...training, policy: named(training.policy) };
}

/** Two different policies never share a name: the version tells what the policy holds. */
function named(policy: MatchPolicy): MatchPolicy {
  const digest = createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 8);
  return { ...policy, version: `${policy.version}.trained-${digest}` };
}

function fieldsOf(row: PersonRow): ComparisonFields {
  const described = describePatient(describeRow(row));
  const [fields] = described.ok ? comparisonFields(described.patient.demographics) : [];
  return fields ?? { given: [] };
}
