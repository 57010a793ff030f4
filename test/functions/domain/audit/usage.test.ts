import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../../functions/domain/audit/audit-entry.ts';
import {
  type StaffRecord,
  type Tally,
  tallyViews,
  type View,
  viewOf,
} from '../../../../functions/domain/audit/usage.ts';
import { policy } from '../../../support/policy.ts';

const aView: fc.Arbitrary<View> = fc.record({
  month: fc.constantFrom('2026-09', '2026-10', '2026-11'),
  region: fc.constantFrom('test', 'next'),
  organisation: fc.constantFrom('T9A', 'T9B', 'Y90001'),
  section: fc.constantFrom('results', 'overview', 'alerts'),
  staff: fc.constantFrom('a', 'b', 'c', 'd'),
});

function counter() {
  const staff = new Map<string, StaffRecord>();
  const sums = new Map<string, number>();
  return {
    sums,
    count(views: readonly View[]) {
      const tally: Tally = tallyViews(views, (name) => {
        const record = staff.get(name) ?? { months: new Map(), first: new Map() };
        staff.set(name, record);
        return record;
      });
      for (const [month, scopes] of tally)
        for (const [scope, columns] of scopes)
          for (const [column, change] of columns) {
            const name = `${month} ${scope} ${column}`;
            sums.set(name, (sums.get(name) ?? 0) + change);
          }
    },
  };
}

/** The same numbers, counted anew for each from all views. */
function expected(views: readonly View[]): Map<string, number> {
  const sums = new Map<string, number>();
  const months = [...new Set(views.map(({ month }) => month))];
  const scopes = [
    'TOTAL',
    ...views.flatMap((v) => [`REGION#${v.region}`, `ORGANISATION#${v.region}#${v.organisation}`]),
  ];
  for (const scope of new Set(scopes))
    for (const section of [undefined, ...new Set(views.map((view) => view.section))]) {
      const inScope = views.filter(
        (v) =>
          (scope === 'TOTAL' ||
            scope === `REGION#${v.region}` ||
            scope === `ORGANISATION#${v.region}#${v.organisation}`) &&
          (section === undefined || v.section === section),
      );
      for (const month of months) {
        const of = inScope.filter((view) => view.month === month);
        const staff = new Set(of.map((view) => view.staff));
        const before = new Set(inScope.filter((view) => view.month < month).map((view) => view.staff));
        const end = section ? `:${section}` : '';
        sums.set(`${month} ${scope} views${end}`, of.length);
        sums.set(`${month} ${scope} staff${end}`, staff.size);
        sums.set(`${month} ${scope} joined${end}`, [...staff].filter((one) => !before.has(one)).length);
      }
    }
  return new Map([...sums].filter(([, count]) => count !== 0));
}

describe('the tally of views', () => {
  it('is the same as counting each number from the whole log, whatever the order and the batches', () => {
    fc.assert(
      fc.property(fc.array(fc.array(aView, { maxLength: 12 }), { maxLength: 6 }), (batches) => {
        const { count, sums } = counter();
        for (const batch of batches) count(batch);
        const counted = new Map([...sums].filter(([, number]) => number !== 0));
        expect(new Map([...counted].toSorted())).toEqual(new Map([...expected(batches.flat())].toSorted()));
      }),
    );
  });

  it('counts a person once in a month, and as new in the first month alone', () => {
    const { count, sums } = counter();
    const view = {
      month: '2026-10',
      region: 'test',
      organisation: 'T9A',
      section: 'results',
      staff: 'a',
    } as const;
    count([view, view]);
    count([{ ...view, month: '2026-11' }]);
    expect(sums.get('2026-10 TOTAL views')).toBe(2);
    expect(sums.get('2026-10 TOTAL staff')).toBe(1);
    expect(sums.get('2026-11 TOTAL joined')).toBeUndefined();
    count([{ ...view, month: '2026-09' }]);
    expect(sums.get('2026-10 TOTAL joined')).toBe(0);
    expect(sums.get('2026-09 TOTAL joined')).toBe(1);
  });
});

describe('what counts as a view', () => {
  const entry: AuditEntry = {
    id: '1',
    recordedAt: '2026-11-30T23:59:59.999Z',
    writerId: 'w',
    writerSequence: 1,
    operation: 'read-section',
    action: 'R',
    caller: {
      subject: 's',
      name: 'n',
      role: 'gp',
      organisation: 'Y90001',
      purpose: 'directcare',
      tokenId: 't',
    },
    requestId: 'r',
    outcome: 'success',
    personId: 'person-1',
    section: 'results',
  };
  const viewing = new Set(['read-section']);
  const { personId: _, ...aboutNobody } = entry;

  it('is somebody shown a part of a record, in the month of UTC, by the region of the organisation', () => {
    expect(viewOf(entry, policy, viewing, 'staff-1')).toEqual({
      month: '2026-11',
      region: 'test',
      organisation: 'Y90001',
      section: 'results',
      staff: 'staff-1',
    });
  });

  it.each([
    ['a refusal', { ...entry, outcome: 'refused' as const }],
    ['an answer about nobody', aboutNobody],
    ['another operation', { ...entry, operation: 'match-patient' }],
  ])('is not %s', (_name, other) => {
    expect(viewOf(other, policy, viewing, 'staff-1')).toBeUndefined();
  });

  it('keeps the views of an organisation that has left', () => {
    const left = { ...entry, caller: { ...entry.caller, organisation: 'GONE1' } };
    expect(viewOf(left, policy, viewing, 's')?.region).toBe('unknown');
  });
});
