import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clinicalDate,
  dateSortKey,
  malformedDates,
  unknownDate,
} from '../../../../functions/domain/record/clinical-date.ts';

describe('dateSortKey', () => {
  it.each([
    ['2019', '2019'],
    ['2019-12', '2019-12'],
    ['2019-12-10', '2019-12-10'],
    ['2019-12-10T13:00:00Z', '2019-12-10T13:00:00'],
    ['2019-12-10T13:00:00.123Z', '2019-12-10T13:00:00'],
    ['2019-07-10T00:30:00+01:00', '2019-07-09T23:30:00'],
    ['2019-12-31T20:00:00-05:00', '2020-01-01T01:00:00'],
    ['2019-12-10T13:00:00', '2019-12-10T13:00:00'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59'],
  ])('sorts %s as %s', (text, key) => {
    expect(dateSortKey(text)).toBe(key);
  });

  it.each([
    '',
    'yesterday',
    '2019-02-30',
    '2019-02-30T10:00:00Z',
    '2019-12-10T25:00:00Z',
    '2019-12-10T10:61:00Z',
    '10/12/2019',
    '2019-12-10 13:00',
  ])('knows no date in %j', (text) => {
    expect(dateSortKey(text)).toBeUndefined();
  });

  it('sorts moments as they follow each other, whatever zone they were written in', () => {
    const moment = fc.tuple(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: -12, max: 14 }));
    const write = ([seconds, hours]: readonly [number, number]) => {
      const local = new Date((seconds + hours * 3600) * 1000).toISOString().slice(0, 19);
      return `${local}${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
    };
    fc.assert(
      fc.property(moment, moment, (first, second) => {
        const keys = [write(first), write(second)].map((text) => dateSortKey(text) ?? '');
        const [one = '', other = ''] = keys;
        expect(Math.sign(one < other ? -1 : Number(one > other))).toBe(Math.sign(first[0] - second[0]));
      }),
    );
  });
});

describe('clinicalDate', () => {
  it('takes when something was true before when it was written down', () => {
    const condition = { resourceType: 'Condition', onsetDateTime: '2001', recordedDate: '2020-05-01' };
    expect(clinicalDate(condition)).toBe('2001');
    expect(clinicalDate({ resourceType: 'Condition', recordedDate: '2020-05-01' })).toBe('2020-05-01');
  });

  it('takes a period from its start, or its end where the start is unknown', () => {
    expect(
      clinicalDate({ resourceType: 'Encounter', period: { start: '2020-01-01', end: '2020-01-09' } }),
    ).toBe('2020-01-01');
    expect(clinicalDate({ resourceType: 'Encounter', period: { end: '2020-01-09' } })).toBe('2020-01-09');
  });

  it('sorts an entry without a date before all others', () => {
    expect(clinicalDate({ resourceType: 'Flag' })).toBe(unknownDate);
    expect(clinicalDate({ resourceType: 'Nothing', date: '2020' })).toBe(unknownDate);
    expect(unknownDate < '0001').toBe(true);
  });

  it('names the elements that should hold a date and do not', () => {
    const entry = {
      resourceType: 'Observation',
      effectiveDateTime: '31/12/2020',
      effectivePeriod: { start: 'x' },
      issued: '2020-01-01T00:00:00Z',
    };
    expect(malformedDates(entry)).toEqual(['effectiveDateTime', 'effectivePeriod']);
    expect(clinicalDate(entry)).toBe('2020-01-01T00:00:00');
  });
});
