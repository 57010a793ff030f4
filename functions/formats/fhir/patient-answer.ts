import type { Address, ContactPoint, HumanName, Patient } from 'fhir/r4.js';
import type { Demographics } from '../../domain/identity/demographics.ts';
import { nhsNumberStatuses } from '../../domain/identity/nhs-number.ts';
import {
  confidentialitySystem,
  nhsNumberSystem,
  odsCodeSystem,
  verificationStatusExtension,
  verificationStatusSystem,
} from './identifier-systems.ts';

/** A person as an answer shows them. */
export interface GoldenPerson {
  readonly personId: string;
  readonly version: number;
  readonly demographics: Demographics;
  /** The verified NHS number; absent when none is known. */
  readonly nhsNumber?: string;
  /** Names, addresses and telecoms as their sources wrote them: shown in full, but for what is old. */
  readonly resource?: Pick<Patient, 'name' | 'address' | 'telecom'>;
  /** Persons who were merged into this one. */
  readonly absorbed?: readonly { readonly personId: string }[];
}

/** Only these parts of a name leave: extensions and notes of a sender could hold anything. */
function allowName({ use, family, given, prefix, suffix }: HumanName): HumanName {
  return {
    ...(use !== undefined && { use }),
    ...(family !== undefined && { family }),
    ...(given !== undefined && { given }),
    ...(prefix !== undefined && { prefix }),
    ...(suffix !== undefined && { suffix }),
  };
}

function allowAddress({ use, line, city, district, state, postalCode, country }: Address): Address {
  return {
    ...(use !== undefined && { use }),
    ...(line !== undefined && { line }),
    ...(city !== undefined && { city }),
    ...(district !== undefined && { district }),
    ...(state !== undefined && { state }),
    ...(postalCode !== undefined && { postalCode }),
    ...(country !== undefined && { country }),
  };
}

function allowTelecom({ system, value, use }: ContactPoint): ContactPoint {
  return {
    ...(system !== undefined && { system }),
    ...(value !== undefined && { value }),
    ...(use !== undefined && { use }),
  };
}

function namesOf({ demographics, resource }: GoldenPerson): HumanName[] {
  // A former name is used to find people, never shown: it can tell of an adoption or a change of gender.
  if (resource?.name !== undefined) return resource.name.filter(({ use }) => use !== 'old').map(allowName);
  // Of the demographics' names only the first is surely in use.
  return demographics.names
    .slice(0, 1)
    .map(({ family, given }) => allowName({ given: [...given], ...(family !== undefined && { family }) }));
}

/** Where the person can be found: nothing of it leaves for a restricted person (PDS: address, telecom and GP are removed). */
function locationOf({ demographics, resource }: GoldenPerson): Partial<Patient> {
  if (demographics.restricted) return {};
  const { generalPractitioner, postcode } = demographics;
  const addresses =
    resource?.address?.filter(({ use }) => use !== 'old').map(allowAddress) ??
    (postcode === undefined ? [] : [{ postalCode: postcode }]);
  const telecoms = resource?.telecom?.filter(({ use }) => use !== 'old').map(allowTelecom) ?? [];
  return {
    ...(telecoms.length > 0 && { telecom: telecoms }),
    ...(addresses.length > 0 && { address: addresses }),
    ...(generalPractitioner !== undefined && {
      generalPractitioner: [
        { type: 'Organization', identifier: { system: odsCodeSystem, value: generalPractitioner } },
      ],
    }),
  };
}

function identifierOf(nhsNumber: string): NonNullable<Patient['identifier']> {
  return [
    {
      extension: [
        {
          url: verificationStatusExtension,
          valueCodeableConcept: {
            coding: [{ system: verificationStatusSystem, code: '01', display: nhsNumberStatuses['01'] }],
          },
        },
      ],
      system: nhsNumberSystem,
      value: nhsNumber,
    },
  ];
}

/**
 * The Patient of an answer, built from an allow-list: whatever else a source sent stays behind.
 *
 * `id` is the person's id here, never a source's; only a verified number is ever given, so its status is 01.
 */
export function writePatient(person: GoldenPerson): Patient {
  const { absorbed = [], demographics, nhsNumber, personId, version } = person;
  const { birthDate, deathDate, deceased, gender, restricted } = demographics;
  const names = namesOf(person);
  return {
    resourceType: 'Patient',
    id: personId,
    meta: {
      versionId: String(version),
      ...(restricted && {
        security: [{ system: confidentialitySystem, code: 'R', display: 'restricted' }],
      }),
    },
    ...(nhsNumber !== undefined && { identifier: identifierOf(nhsNumber) }),
    ...(names.length > 0 && { name: names }),
    ...(gender !== undefined && { gender }),
    ...(birthDate !== undefined && { birthDate }),
    ...(deathDate !== undefined && { deceasedDateTime: deathDate }),
    ...(deceased && deathDate === undefined && { deceasedBoolean: true }),
    ...locationOf(person),
    ...(absorbed.length > 0 && {
      link: absorbed.map((former) => ({
        other: { reference: `Patient/${former.personId}` },
        type: 'replaces' as const,
      })),
    }),
  };
}
