import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typedBirthDateExtension } from '../../../../functions/formats/fhir/identifier-systems.ts';
import { readPatient } from '../../../../functions/formats/fhir/patient.ts';
import { writePatient } from '../../../../functions/formats/fhir/patient-answer.ts';

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const statusExtension = (code: string) => ({
  url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus',
  valueCodeableConcept: { coding: [{ code }] },
});
const ann = {
  resourceType: 'Patient',
  id: 'local-1',
  meta: { lastUpdated: '2026-03-01T10:00:00+01:00' },
  identifier: [
    {
      system: nhsNumberSystem,
      value: '999 000 0018',
      extension: [statusExtension('01')],
    },
  ],
  name: [
    { use: 'old', family: 'Jones', given: ['Ann'] },
    { use: 'official', family: 'Hall', given: ['Ann', 'Louise'], prefix: ['Dr'] },
  ],
  telecom: [{ system: 'phone', value: '01632 960000' }],
  gender: 'female',
  birthDate: '1970-03-04',
  address: [
    { use: 'temp', postalCode: 'M1 1AE' },
    { use: 'home', line: ['1 High Street'], postalCode: 'ls14ab' },
  ],
  generalPractitioner: [
    { identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'a20047' } },
  ],
};

const read = (over: Record<string, unknown> = {}) => readPatient({ ...ann, ...over });
const patientOf = (over: Record<string, unknown> = {}) => {
  const result = read(over);
  if (!result.ok) throw new Error(result.issues.join('; '));
  return result.patient;
};
const issuesOf = (over: Record<string, unknown>) => {
  const result = read(over);
  return result.ok ? [] : result.issues;
};

describe('readPatient', () => {
  it('reads a Patient', () => {
    expect(patientOf()).toEqual({
      localId: 'local-1',
      nhsNumber: { text: '999 000 0018', valid: true, nhsNumber: '9990000018', status: '01' },
      supersededNhsNumbers: [],
      demographics: {
        names: [
          { family: 'Hall', given: ['Ann', 'Louise'] },
          { family: 'Jones', given: ['Ann'], historic: true },
        ],
        birthDate: '1970-03-04',
        gender: 'female',
        postcode: 'LS1 4AB',
        addressLine: '1 High Street',
        phones: ['01632 960000'],
        generalPractitioner: 'A20047',
        deceased: false,
        restricted: false,
      },
      sentAt: '2026-03-01T09:00:00.000Z',
      resource: ann,
    });
  });

  it('takes the postcode of an address that was left as a former one', () => {
    const address = [
      { use: 'home', line: ['2 Low Street', null, 'Leeds'], postalCode: 'LS2 2AA' },
      { use: 'old', postalCode: 'M1 1AE' },
      { use: 'home', postalCode: 'OX1 1AA', period: { end: '2020-01-01' } },
    ];
    expect(patientOf({ address }).demographics).toMatchObject({
      postcode: 'LS2 2AA',
      addressLine: '2 Low Street, Leeds',
      historicPostcodes: ['M1 1AE', 'OX1 1AA'],
    });
  });

  it('takes telephone numbers and email addresses, but not old ones', () => {
    const telecom = [
      { system: 'phone', value: '01632 960001', use: 'old' },
      { system: 'sms', value: '07700 900123' },
      { system: 'email', value: 'ann@example.com' },
      { system: 'fax', value: '01632 960002' },
    ];
    expect(patientOf({ telecom }).demographics).toMatchObject({
      phones: ['07700 900123'],
      emails: ['ann@example.com'],
    });
  });

  it('keeps a birth date that no calendar has apart from the birth date, and only where there is none', () => {
    const { birthDate: _, ...undated } = ann;
    const typed = (valueString: string) => {
      const result = readPatient({ ...undated, extension: [{ url: typedBirthDateExtension, valueString }] });
      return result.ok ? result.patient.demographics : undefined;
    };
    expect(typed('1970-71-04')).toMatchObject({ typedBirthDate: '1970-71-04' });
    expect(typed('1970-71-04')).not.toHaveProperty('birthDate');
    expect(typed('in March')).not.toHaveProperty('typedBirthDate');
    const extension = [{ url: typedBirthDateExtension, valueString: '1970-71-04' }];
    expect(patientOf({ extension }).demographics).not.toHaveProperty('typedBirthDate');
  });

  it('reads a Patient of whom only the id is known', () => {
    const result = readPatient({ resourceType: 'Patient', id: 'x' });
    expect(result).toMatchObject({
      ok: true,
      patient: { localId: 'x', demographics: { names: [], deceased: false } },
    });
  });

  it('keeps an invalid number as a claim', () => {
    const { nhsNumber } = patientOf({ identifier: [{ system: nhsNumberSystem, value: '9990000019' }] });
    expect(nhsNumber).toEqual({ text: '9990000019', valid: false });
  });

  it('knows no status beyond the eight codes', () => {
    const identifier = [
      {
        system: nhsNumberSystem,
        value: '9990000018',
        extension: [statusExtension('toString'), statusExtension('1')],
      },
    ];
    expect(patientOf({ identifier }).nhsNumber).not.toHaveProperty('status');
  });

  it('tells old numbers from the current one, wherever they stand, and leaves other identifiers alone', () => {
    const identifier = [
      { system: nhsNumberSystem, value: '9990000026', use: 'old' },
      { system: 'https://example.org/hospital', value: '9990000034' },
      { system: nhsNumberSystem, value: '9990000018' },
      { system: nhsNumberSystem, value: '9990000019', use: 'old' },
    ];
    const { nhsNumber, supersededNhsNumbers } = patientOf({ identifier });
    expect(nhsNumber?.nhsNumber).toBe('9990000018');
    expect(supersededNhsNumbers).toEqual(['9990000026']);
  });

  it('takes the same current number twice, but not two different ones', () => {
    const same = [
      { system: nhsNumberSystem, value: '9990000018' },
      { system: nhsNumberSystem, value: '999 000 0018' },
    ];
    expect(patientOf({ identifier: same }).nhsNumber?.nhsNumber).toBe('9990000018');
    const different = [
      { system: nhsNumberSystem, value: '9990000018' },
      { system: nhsNumberSystem, value: '9990000026' },
    ];
    expect(issuesOf({ identifier: different })).toEqual([
      expect.stringContaining('Patient.identifier: has two current NHS numbers'),
    ]);
  });

  it.each([
    ['R', true],
    ['V', true],
    ['N', false],
    ['U', false],
  ])('security label %s: restricted %s', (code, restricted) => {
    expect(patientOf({ meta: { security: [{ code }] } }).demographics.restricted).toBe(restricted);
  });

  it('takes the day of death as it was written', () => {
    const { demographics } = patientOf({ deceasedDateTime: '2026-01-01T00:30:00+01:00' });
    expect(demographics).toMatchObject({ deceased: true, deathDate: '2026-01-01' });
    expect(patientOf({ deceasedBoolean: true }).demographics).toMatchObject({ deceased: true });
    expect(patientOf({ deceasedBoolean: false }).demographics.deceased).toBe(false);
  });

  it.each([
    [{ id: undefined }, 'Patient.id: is missing'],
    [{ id: 'a b' }, 'Patient.id: must be a FHIR id'],
    [{ id: 'x'.repeat(65) }, 'Patient.id: must be a FHIR id'],
    [{ id: 7 }, 'Patient.id: must be a FHIR id'],
    [{ birthDate: '1970-02-30' }, 'Patient.birthDate: must be a real calendar date'],
    [{ birthDate: '04/03/1970' }, 'Patient.birthDate: must be a real calendar date'],
    [{ gender: 'F' }, 'Patient.gender: is none of the codes that FHIR R4 allows'],
    [{ name: 'Ann Hall' }, 'Patient.name: must be a list of objects'],
    [{ name: [{ family: 1 }] }, 'Patient.name[0].family: has another type than FHIR R4 gives it'],
    [{ name: [{ given: 'Ann' }] }, 'Patient.name[0].given: has another type than FHIR R4 gives it'],
    [{ meta: { lastUpdated: '2026-03-01' } }, 'Patient.meta.lastUpdated: must be a FHIR instant'],
    [{ deceasedDateTime: 'yes' }, 'Patient.deceasedDateTime: must be a FHIR date'],
    [{ deceasedBoolean: true, deceasedDateTime: '2026-01-01' }, 'Patient.deceased: has two values'],
    [{ nhsNumber: '9990000018' }, 'Patient: has an element that FHIR R4 does not define'],
    [
      { address: [{ postalCode: 5 }] },
      'Patient.address[0].postalCode: has another type than FHIR R4 gives it',
    ],
  ])('refuses %j', (over, issue) => {
    const { id, ...rest } = { ...ann, ...over };
    const result = readPatient(id === undefined ? rest : { id, ...rest });
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? [] : result.issues).toContain(issue);
  });

  it.each([null, 'x', [], {}, { resourceType: 'Person' }])('refuses %j as no Patient', (resource) => {
    expect(readPatient(resource)).toMatchObject({ ok: false });
  });

  it('repeats nothing of what was sent in an issue', () => {
    const secret = 'Zq7';
    const value = fc.oneof(
      fc.constant(secret),
      fc.constant([secret]),
      fc.constant({ [secret]: secret }),
      fc.constant([{ [secret]: secret, use: secret, url: 1 }]),
    );
    const element = fc.constantFrom(
      'id',
      'gender',
      'birthDate',
      'name',
      'identifier',
      'address',
      'meta',
      'deceasedDateTime',
      'telecom',
      secret,
    );
    fc.assert(
      fc.property(element, value, (name, content) => {
        const result = read({ [name]: content });
        if (!result.ok) expect(result.issues.join()).not.toContain(secret);
      }),
    );
  });
});

describe('writePatient', () => {
  const { demographics, resource } = patientOf();
  const person = {
    personId: 'person-1',
    version: 3,
    demographics,
    resource,
    nhsNumber: '9990000018',
  };

  it('gives the person under the id of the index, with the verified number', () => {
    const written = writePatient(person);
    expect(written).toMatchObject({
      resourceType: 'Patient',
      id: 'person-1',
      meta: { versionId: '3' },
      identifier: [{ system: nhsNumberSystem, value: '9990000018' }],
      name: [{ use: 'official', family: 'Hall', given: ['Ann', 'Louise'], prefix: ['Dr'] }],
      gender: 'female',
      birthDate: '1970-03-04',
      telecom: [{ system: 'phone', value: '01632 960000' }],
      generalPractitioner: [{ identifier: { value: 'A20047' } }],
    });
  });

  it('can be read back, to the same demographics without former names', () => {
    const again = readPatient(writePatient(person));
    expect(again).toMatchObject({
      ok: true,
      patient: {
        nhsNumber: { nhsNumber: '9990000018', status: '01' },
        demographics: { ...demographics, names: [{ family: 'Hall', given: ['Ann', 'Louise'] }] },
      },
    });
  });

  it('leaves behind whatever is not on the list', () => {
    const secret = 'do-not-show';
    const patient = patientOf({
      identifier: [{ system: 'https://example.org/hospital', value: secret }],
      extension: [{ url: secret }],
      contact: [{ name: { text: secret } }],
      text: { status: 'generated', div: secret },
      photo: [{ url: secret }],
      maritalStatus: { text: secret },
      name: [
        { family: 'Hall', text: secret, extension: [{ url: secret }] },
        { use: 'old', family: secret },
      ],
      address: [
        { text: secret, line: ['1 High Street'] },
        { use: 'old', line: [secret] },
      ],
      meta: { tag: [{ code: secret }], source: secret },
    });
    expect(JSON.stringify(writePatient({ ...person, resource: patient.resource }))).not.toContain(secret);
  });

  it('shows no location of a restricted person', () => {
    const written = writePatient({ ...person, demographics: { ...demographics, restricted: true } });
    expect(written).toMatchObject({ meta: { security: [{ code: 'R' }] } });
    for (const element of ['address', 'telecom', 'generalPractitioner'])
      expect(written).not.toHaveProperty(element);
    expect(JSON.stringify(written)).not.toMatch(/LS1|ls1|01632|A20047|High Street/);
  });

  it('gives no number when none is verified, and says that a person has died', () => {
    const { nhsNumber: _none, resource: _resource, ...bare } = person;
    const written = writePatient({ ...bare, demographics: { ...demographics, deceased: true } });
    expect(written).toMatchObject({ deceasedBoolean: true, address: [{ postalCode: 'LS1 4AB' }] });
    expect(written).not.toHaveProperty('identifier');
    expect(
      writePatient({ ...bare, demographics: { ...demographics, deceased: true, deathDate: '2026-01' } }),
    ).toMatchObject({
      deceasedDateTime: '2026-01',
    });
  });
});
