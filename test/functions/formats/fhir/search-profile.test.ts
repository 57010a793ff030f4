import type { Patient } from 'fhir/r4.js';
import { describe, expect, it } from 'vitest';
import { searchProfile } from '../../../../functions/formats/fhir/search-profile.ts';

const today = '2026-11-21';
const demographics = { names: [], deceased: false, restricted: false };

const profileOf = (patient: Pick<Patient, 'name' | 'address' | 'telecom'>) =>
  searchProfile({ demographics, resource: patient }, [], today);

describe('what a search can meet of a person', () => {
  it('is every name that is not former, and former ones as history', () => {
    const { names } = profileOf({
      name: [
        { use: 'official', family: 'Quay', given: ['Ada', 'Jane'] },
        { use: 'nickname', given: ['Addie'] },
        { use: 'maiden', family: 'Basin', given: ['Ada'] },
        { family: 'Lock', given: ['Ada'], period: { end: '2001-05-01' } },
      ],
    });
    expect(names.current.map(({ family, given }) => [family, given])).toEqual([
      ['Quay', ['Ada', 'Jane']],
      [undefined, ['Addie']],
    ]);
    expect(names.historic.map(({ family }) => family)).toEqual(expect.arrayContaining(['Basin', 'Lock']));
  });

  it('keeps the latest known as current though its period has ended', () => {
    const ended = { end: '2021-12-31' };
    const { names, postcodes, phones } = profileOf({
      name: [{ use: 'usual', family: 'Quay', period: ended }],
      address: [{ use: 'home', postalCode: 'LS1 6AE', period: ended }],
      telecom: [{ system: 'phone', value: '01632 960587', period: ended }],
    });
    expect([names.current[0]?.family, postcodes.current, phones.current]).toEqual([
      'Quay',
      ['LS16AE'],
      ['1632960587'],
    ]);
  });

  it('is the home and a temporary address, never one for bills', () => {
    const { postcodes } = profileOf({
      address: [
        { use: 'home', postalCode: 'e2 8aa' },
        { use: 'temp', postalCode: 'E14 7LB' },
        { use: 'billing', postalCode: 'DN16 3SS' },
        { use: 'old', postalCode: 'LS1 4AB' },
        { use: 'home', line: ['No postcode'] },
      ],
    });
    expect(postcodes.current).toEqual(['E28AA', 'E147LB']);
    expect(postcodes.historic).toContain('LS14AB');
    expect(postcodes.historic).not.toContain('DN163SS');
  });

  it('is phones by their last ten digits and emails in lower case', () => {
    const { emails, phones } = profileOf({
      telecom: [
        { system: 'phone', value: '+44 (0)7700 900123' },
        { system: 'sms', value: '0044 7700 900124' },
        { system: 'phone', value: '999' },
        { system: 'fax', value: '01632 960001' },
        { system: 'email', value: ' Ada@Example.TEST ' },
        { system: 'email', value: 'former@example.test', use: 'old' },
      ],
    });
    expect(phones.current).toEqual(['7700900123', '7700900124']);
    expect(emails.current).toEqual(['ada@example.test']);
    expect(emails.historic).toContain('former@example.test');
  });

  it('takes what other sources say as history', () => {
    const source = {
      demographics: {
        ...demographics,
        names: [{ family: 'Basin', given: ['Ada'] }],
        postcode: 'E14 7LB',
        historicPostcodes: ['LS1 4AB'],
      },
      patient: { telecom: [{ system: 'email' as const, value: 'ada@trust.test' }] },
    };
    const golden = { demographics: { ...demographics, birthDate: '1968-05-17' }, resource: {} };
    const { birthDate, emails, names, postcodes } = searchProfile(golden, [source], today);
    expect([birthDate, names.current, postcodes.current, emails.current]).toEqual(['1968-05-17', [], [], []]);
    expect(names.historic).toEqual([{ family: 'Basin', given: ['Ada'] }]);
    expect(postcodes.historic).toEqual(['E147LB', 'LS14AB']);
    expect(emails.historic).toEqual(['ada@trust.test']);
  });
});
