import { codesOf, wordsOf } from './codings.ts';
import type { Disagreement, Statement } from './disagreement.ts';
import { type NoneKnownScope, noneKnown } from './none-known.ts';
import { groupByName, namesOf } from './same-thing.ts';
import { type Claim, disagree, statusDiffers, valuesDiffer } from './sides.ts';

interface Allergy extends Claim {
  readonly names: readonly string[];
  readonly status: 'current' | 'ended';
  readonly criticality: 'high' | 'low' | undefined;
  readonly categories: readonly unknown[];
}

interface NoneKnown extends Claim {
  readonly scope: NoneKnownScope;
}

const scopeWords: Readonly<Record<NoneKnownScope, string>> = {
  all: 'none known',
  medication: 'none known to medicines',
  food: 'none known to food',
  environment: 'none known from the environment',
};

/** Where organisations differ on an allergy or intolerance, or on there being one. */
export function compareAllergies(statements: readonly Statement[]): Disagreement[] {
  const allergies: Allergy[] = [];
  const nones: NoneKnown[] = [];
  for (const statement of statements) {
    const scope = noneKnown(statement.resource);
    if (scope !== undefined && isCurrent(statement))
      nones.push({ ...statement, scope, about: '', says: scopeWords[scope] });
    if (scope === undefined && statement.resource.resourceType === 'AllergyIntolerance')
      allergies.push(readAllergy(statement));
  }
  return groupByName(allergies).flatMap((group) => {
    const current = group.filter(({ status }) => status === 'current');
    return [
      ...againstNoneKnown(current, nones),
      ...statusDiffers(group),
      ...valuesDiffer(
        'criticality-differs',
        current.filter(({ criticality }) => criticality !== undefined),
        (one, other) => one.criticality === other.criticality,
      ),
    ];
  });
}

function isCurrent({ resource }: Statement): boolean {
  const states = codesOf(resource.clinicalStatus, resource.verificationStatus);
  return !states.some((state) => state === 'inactive' || state === 'resolved' || state === 'refuted');
}

function readAllergy(statement: Statement): Allergy {
  const { category, clinicalStatus, code, criticality, verificationStatus } = statement.resource;
  const names = namesOf(code);
  const states = [...codesOf(clinicalStatus), ...codesOf(verificationStatus)];
  const status = isCurrent(statement) ? 'current' : 'ended';
  const rated = criticality === 'low' || criticality === 'high' ? criticality : undefined;
  return {
    ods: statement.ods,
    reference: statement.reference,
    // One that names nothing is like no other.
    names: names.length > 0 ? names : [statement.reference],
    status,
    criticality: rated,
    categories: Array.isArray(category) ? category : [],
    about: wordsOf(code)[0] ?? codesOf(code)[0] ?? 'an allergy',
    says: [states.join(', ') || status, ...(rated ? [`${rated} criticality`] : [])].join(', '),
  };
}

/** What is recorded stands against "none known" of its own category; one that tells no category may be of any. */
function againstNoneKnown(current: readonly Allergy[], nones: readonly NoneKnown[]): Disagreement[] {
  const holders = new Set(current.map(({ ods }) => ods));
  const isDenied = (scope: NoneKnownScope) =>
    current.some(
      ({ categories }) => scope === 'all' || categories.length === 0 || categories.includes(scope),
    );
  const denials = nones.filter(({ ods, scope }) => !holders.has(ods) && isDenied(scope));
  return denials.length > 0 ? [disagree('none-known-but-recorded', [...current, ...denials])] : [];
}
