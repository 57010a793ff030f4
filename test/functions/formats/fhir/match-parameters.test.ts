import { describe, expect, it } from 'vitest';
import { readMatchParameters } from '../../../../functions/formats/fhir/match-parameters.ts';

const patient = {
  resourceType: 'Patient',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '999 000 0018' }],
  name: [
    { use: 'old', family: 'Jones' },
    { use: 'usual', family: 'O’Neil', given: ['Zoë'] },
  ],
  birthDate: '1970-03-04',
  gender: 'female',
  address: [{ postalCode: 'ls14ab' }],
};
const resource = { name: 'resource', resource: patient };
const read = (...parameter: unknown[]) => readMatchParameters({ resourceType: 'Parameters', parameter });
const issuesOf = (...parameter: unknown[]) => {
  const result = read(...parameter);
  return result.ok ? [] : result.issues;
};

describe('readMatchParameters', () => {
  it('reads the person sought, with the defaults', () => {
    expect(read(resource)).toEqual({
      ok: true,
      query: {
        nhsNumberText: '999 000 0018',
        demographics: expect.objectContaining({
          birthDate: '1970-03-04',
          gender: 'female',
          postcode: 'LS1 4AB',
        }),
        onlyCertainMatches: false,
        onlySingleMatch: false,
        count: 10,
      },
    });
  });

  it('reads the parameters in any order', () => {
    const result = read(
      { name: 'count', valueInteger: 3 },
      { name: 'onlySingleMatch', valueBoolean: true },
      resource,
      {
        name: 'onlyCertainMatches',
        valueBoolean: true,
      },
    );
    expect(result).toMatchObject({
      ok: true,
      query: { onlyCertainMatches: true, onlySingleMatch: true, count: 3 },
    });
  });

  it('answers 50 at most, as PDS does', () => {
    expect(read(resource, { name: 'count', valueInteger: 1000 })).toMatchObject({
      ok: true,
      query: { count: 50 },
    });
  });

  it('reads a search without NHS number and without any field', () => {
    const result = read({ name: 'resource', resource: { resourceType: 'Patient' } });
    expect(result).toMatchObject({ ok: true, query: { demographics: { names: [] } } });
    expect(result.ok && 'nhsNumberText' in result.query).toBe(false);
  });

  it.each([
    ['no resource', [{ name: 'count', valueInteger: 1 }], 'Parameters.parameter: has no resource'],
    [
      'another parameter',
      [resource, { name: 'threshold', valueDecimal: 0.5 }],
      'Parameters.parameter[1].name: not a parameter of $match',
    ],
    [
      'a name of the prototype',
      [resource, { name: 'constructor' }],
      'Parameters.parameter[1].name: not a parameter of $match',
    ],
    ['a parameter twice', [resource, resource], 'Parameters.parameter[1].name: is given twice'],
    [
      'a count of nothing',
      [resource, { name: 'count', valueInteger: 0 }],
      'Parameters.parameter[1].valueInteger: must be a whole number from 1',
    ],
    [
      'half a count',
      [resource, { name: 'count', valueInteger: 1.5 }],
      'Parameters.parameter[1].valueInteger: must be a whole number from 1',
    ],
    [
      'a count as text',
      [resource, { name: 'count', valueInteger: '5' }],
      'Parameters.parameter[1].valueInteger: must be a whole number from 1',
    ],
    [
      'a flag as text',
      [resource, { name: 'onlySingleMatch', valueBoolean: 'yes' }],
      'Parameters.parameter[1].valueBoolean: must be true or false',
    ],
    [
      'another value element',
      [resource, { name: 'count', valueString: '5' }],
      'Parameters.parameter[1].valueInteger: is missing',
    ],
    [
      'two values',
      [resource, { name: 'count', valueInteger: 5, valueString: '5' }],
      'Parameters.parameter[1]: holds more than name and valueInteger',
    ],
    ['a parameter that is null', [resource, null], 'Parameters.parameter[1]: must be an object'],
    [
      'a person who is no Patient',
      [{ name: 'resource', resource: { resourceType: 'Person' } }],
      'Parameters.parameter.resource: Patient.resourceType: must be Patient',
    ],
    [
      'an impossible birth date',
      [{ name: 'resource', resource: { ...patient, birthDate: '1970-02-30' } }],
      'Parameters.parameter.resource: Patient.birthDate: must be a real calendar date',
    ],
  ])('refuses %s', (_name, parameters, issue) => {
    expect(issuesOf(...parameters)).toEqual([issue]);
  });

  it.each([
    null,
    [],
    patient,
    { resourceType: 'Parameters' },
    { resourceType: 'Parameters', parameter: [resource], extra: 1 },
  ])('refuses a body that is no plain Parameters', (body) => {
    expect(readMatchParameters(body)).toMatchObject({ ok: false });
  });
});
