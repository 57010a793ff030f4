import { checkDigitOf, type NhsNumber, parseNhsNumber } from '../../functions/domain/identity/nhs-number.ts';

/** The n-th valid NHS number of the test range 999…, counted from 999 000 000x; skips those without a check digit. */
export function testNhsNumber(n: number): NhsNumber {
  let left = n;
  for (let body = 999_000_000; ; body += 1) {
    const digits = String(body);
    const check = checkDigitOf(digits);
    if (check === undefined) continue;
    if (left === 0) {
      const parsed = parseNhsNumber(`${digits}${check}`);
      if (!parsed.ok) throw new Error('a test NHS number is not valid');
      return parsed.nhsNumber;
    }
    left -= 1;
  }
}

interface MadePatient {
  readonly id: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
  readonly gender: 'male' | 'female' | 'other' | 'unknown';
  readonly postcode: string;
  readonly nhsNumber?: string;
  readonly status?: string;
  readonly superseded?: readonly string[];
  readonly sentAt?: string;
  readonly restricted?: boolean;
  readonly deceased?: string;
  readonly practice?: string;
}

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

function nhsIdentifier(value: string, status: string) {
  return {
    system: nhsNumberSystem,
    value,
    extension: [
      {
        url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus',
        valueCodeableConcept: {
          coding: [
            {
              system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland',
              code: status,
            },
          ],
        },
      },
    ],
  };
}

/** A UK Core Patient; Marian Lockwood unless told otherwise. */
export function makePatient(made: Partial<MadePatient> = {}) {
  const { id = 'local-1', family = 'Lockwood', given = 'Marian', birthDate = '1971-03-09' } = made;
  const { gender = 'female', postcode = 'E2 8AA', nhsNumber, status = '01', superseded = [] } = made;
  return {
    resourceType: 'Patient',
    id,
    ...((made.sentAt || made.restricted) && {
      meta: {
        ...(made.sentAt && { lastUpdated: made.sentAt }),
        ...(made.restricted && {
          security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
        }),
      },
    }),
    identifier: [
      ...(nhsNumber ? [nhsIdentifier(nhsNumber, status)] : []),
      ...superseded.map((value) => ({ ...nhsIdentifier(value, '01'), use: 'old' })),
      { system: 'https://towpath.example/local', value: id },
    ],
    name: [{ use: 'official', family, given: [given] }],
    gender,
    birthDate,
    address: [{ postalCode: postcode }],
    ...(made.deceased && { deceasedDateTime: made.deceased }),
    ...(made.practice && {
      generalPractitioner: [
        { identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: made.practice } },
      ],
    }),
  };
}

const syllables = 'ba bel cor dun fex gor hul jim kra lep mox nud pol qua ris stu tam vun wyl zed'.split(' ');

/** The n-th of many people who resemble each other in nothing: name, birth date, postcode. */
export function makeStranger(n: number) {
  // Steps that share no factor with their ranges: what is near in number is far in every field.
  const pick = (step: number, range: number) => (n * step) % range;
  const name = (...steps: number[]) => {
    const word = steps.map((step) => syllables[pick(step, syllables.length)]).join('');
    return `${word[0]?.toUpperCase()}${word.slice(1)}${syllables[Math.floor(n / syllables.length) % syllables.length]}`;
  };
  const digits = (value: number) => String(value).padStart(2, '0');
  return {
    family: name(7, 11),
    given: name(3, 9),
    birthDate: `${1930 + pick(37, 79)}-${digits(1 + pick(5, 12))}-${digits(1 + pick(11, 28))}`,
    postcode: `${['N', 'SE', 'W', 'CR', 'HA'][n % 5]}${1 + pick(7, 19)} ${pick(3, 10)}${'ABDEFGHJLN'[pick(7, 10)]}${'PQRSTUWXYZ'[Math.floor(n / 10) % 10]}`,
  };
}

/** An allergy of the patient with the given local id. */
export function makeAllergy(
  id: string,
  patientId: string,
  options: { date?: string; label?: string; status?: string; text?: string } = {},
) {
  return {
    resourceType: 'AllergyIntolerance',
    id,
    ...(options.label && {
      meta: {
        security: [
          { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: options.label },
        ],
      },
    }),
    ...(options.status === 'entered-in-error'
      ? {
          verificationStatus: {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification',
                code: 'entered-in-error',
              },
            ],
          },
        }
      : {
          clinicalStatus: {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical',
                code: 'active',
              },
            ],
          },
        }),
    code: { text: options.text ?? 'Penicillin' },
    patient: { reference: `Patient/${patientId}` },
    recordedDate: options.date ?? '2024-05-01',
  };
}

/** A transaction Bundle of the given resources. */
export function makeBundle(...resources: readonly { resourceType: string; id: string }[]) {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({
      resource,
      request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
    })),
  };
}
