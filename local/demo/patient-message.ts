import type { Patient } from 'fhir/r4.js';
import {
  confidentialitySystem,
  nhsNumberSystem,
  odsCodeSystem,
  verificationStatusExtension,
  verificationStatusSystem,
} from '../../functions/formats/fhir/identifier-systems.ts';
import type { DemoPerson } from './person.ts';

/** What one organisation says about a person, where it differs from the person's own words. */
export interface Telling {
  readonly localId: string;
  /** ODS code of the practice; absent when the organisation does not know it. */
  readonly practice?: string | undefined;
  /** Absent: the organisation does not know the number. */
  readonly nhsNumber?: string | undefined;
  readonly supersededNhsNumber?: string | undefined;
  readonly restricted?: boolean;
  readonly deceasedOn?: string | undefined;
}

/** One organisation's Patient in UK Core's shape. */
export function writePatientMessage(person: DemoPerson, telling: Telling): Patient {
  const { given, family, gender, birthDate, home, phone } = person;
  const { localId, nhsNumber, practice, restricted, deceasedOn, supersededNhsNumber } = telling;
  return {
    resourceType: 'Patient',
    id: localId,
    ...(restricted && {
      meta: { security: [{ system: confidentialitySystem, code: 'R', display: 'restricted' }] },
    }),
    identifier: [
      ...(nhsNumber === undefined
        ? []
        : [
            {
              extension: [
                {
                  url: verificationStatusExtension,
                  valueCodeableConcept: {
                    coding: [
                      {
                        system: verificationStatusSystem,
                        code: '01',
                        display: 'Number present and verified',
                      },
                    ],
                  },
                },
              ],
              system: nhsNumberSystem,
              value: nhsNumber,
            },
          ]),
      ...(supersededNhsNumber === undefined
        ? []
        : [{ use: 'old' as const, system: nhsNumberSystem, value: supersededNhsNumber }]),
    ],
    name: [{ use: 'official', family, given: [...given] }],
    telecom: [{ system: 'phone', value: phone, use: 'mobile' }],
    gender,
    birthDate,
    ...(deceasedOn !== undefined && { deceasedDateTime: deceasedOn }),
    address: [{ use: 'home', line: [home.line], city: home.town, postalCode: home.postcode }],
    ...(practice !== undefined && {
      generalPractitioner: [{ type: 'Organization', identifier: { system: odsCodeSystem, value: practice } }],
    }),
  };
}
