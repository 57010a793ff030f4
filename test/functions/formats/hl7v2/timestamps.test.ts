import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toFhirDate, toFhirDateTime, toFhirTime } from '../../../../functions/formats/hl7v2/timestamps.ts';

describe('a time stamp', () => {
  it.each([
    ['2026', '2026'],
    ['202611', '2026-11'],
    ['20261121', '2026-11-21'],
    ['2026112109', '2026-11-21T09:00:00+00:00'],
    ['202611210930', '2026-11-21T09:30:00+00:00'],
    ['20261121093015', '2026-11-21T09:30:15+00:00'],
    ['20261121093015.1234', '2026-11-21T09:30:15+00:00'],
    ['20261121093015+0530', '2026-11-21T09:30:15+05:30'],
    ['20261121-0500', '2026-11-21'],
  ])('%s keeps what it knows', (text, fhir) => {
    expect(toFhirDateTime(text)).toBe(fhir);
  });

  it.each([
    ['20260710081500', '2026-07-10T08:15:00+01:00'],
    ['20260329005959', '2026-03-29T00:59:59+00:00'],
    ['20260329020000', '2026-03-29T02:00:00+01:00'],
    ['20261025013000', '2026-10-25T01:30:00+01:00'],
    ['20261025020000', '2026-10-25T02:00:00+00:00'],
    ['19700115120000', '1970-01-15T12:00:00+01:00'],
  ])('%s without a zone is London’s, summer and winter', (text, fhir) => {
    expect(toFhirDateTime(text)).toBe(fhir);
  });

  it.each([
    '20261321',
    '20260230',
    '19',
    '2026112',
    '202611212500',
    '202611210960',
    '21/11/2026',
    '',
    'x',
    '00001121',
  ])('%s is none', (text) => {
    expect(toFhirDateTime(text)).toBeUndefined();
    expect(toFhirDate(text)).toBeUndefined();
  });

  it('of a birth keeps its day, whatever time and zone stand behind it', () => {
    const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
    fc.assert(
      fc.property(
        fc.integer({ min: 1900, max: 2100 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 28 }),
        fc.constantFrom('', '0000', '2359', '000000+1400', '235959-1200'),
        (year, month, day, rest) => {
          const text = `${year}${pad(month, 2)}${pad(day, 2)}`;
          expect(toFhirDate(`${text}${rest}`)).toBe(`${year}-${pad(month, 2)}-${pad(day, 2)}`);
        },
      ),
    );
  });

  it('of the day alone is a time', () => {
    expect(toFhirTime('0815')).toBe('08:15:00');
    expect(toFhirTime('081530+0100')).toBe('08:15:30');
    expect(toFhirTime('2460')).toBeUndefined();
  });
});
