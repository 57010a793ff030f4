import type { Patient } from 'fhir/r4.js';
import { composeGolden } from '../domain/identity/golden-record.ts';
import { personNumbers } from '../domain/identity/held-numbers.ts';
import { sourcePartition } from './keys.ts';
import type { Absorbed, Person } from './person.ts';
import type { SourceRecord } from './source-record.ts';

/** What a person is made from: everything else about them follows. */
export interface PersonParts {
  readonly personId: string;
  readonly version: number;
  readonly updatedAt: string;
  readonly absorbed?: readonly Absorbed[];
  /** Every linked source record, in any order; at least one. */
  readonly sources: readonly Pick<
    SourceRecord,
    'source' | 'patient' | 'demographics' | 'sentAt' | 'nhsNumber' | 'supersededNhsNumbers'
  >[];
  /** The rank of an organisation in the region's order of trust ({@link sourceTrustOf}). */
  readonly trustOf: (ods: string) => number;
}

/** The active person that the source records make: golden record and NHS numbers depend on nothing else. */
export function composePerson({
  absorbed = [],
  personId,
  sources,
  trustOf,
  updatedAt,
  version,
}: PersonParts): Person {
  const golden = composeGolden<Patient>(
    sources.map(({ demographics, patient, sentAt, source }) => ({
      source: sourcePartition(source),
      trust: trustOf(source.ods),
      sentAt,
      demographics,
      details: patient,
    })),
  );
  // Two messages of one moment stand in the order of their sources: the person must not depend on how they were read.
  const moment = (one: (typeof sources)[number]) => `${one.sentAt} ${sourcePartition(one.source)}`;
  const newestFirst = sources.toSorted((a, b) => (moment(a) < moment(b) ? 1 : -1));
  return {
    personId,
    status: 'active',
    version,
    ...(absorbed.length > 0 && { absorbed }),
    ...personNumbers(
      newestFirst,
      absorbed.flatMap(({ retiredNhsNumber }) => retiredNhsNumber ?? []),
    ),
    demographics: golden.demographics,
    resource: { resourceType: 'Patient', ...golden.details },
    provenance: golden.provenance,
    restrictedBy: golden.restrictedBy,
    updatedAt,
  };
}
