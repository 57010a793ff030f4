import { describe, expect, it } from 'vitest';
import { ageBandOf } from '../../../../functions/domain/access/childhood.ts';
import { overridingAlert } from '../../../../functions/domain/access/decide-access.ts';
import type { Relationship } from '../../../../functions/domain/access/relationship.ts';
import { policy } from '../../../support/policy.ts';

const now = '2026-11-21T09:00:00.000Z';
const caller = {
  subject: 'u1',
  name: 'Ada Quay',
  role: 'clinician',
  organisation: 'T9A',
  purpose: 'directcare',
  tokenId: 't1',
} as const;
const claim = (kind: Relationship['kind']): Relationship => ({
  organisation: 'T9A',
  subject: 'u1',
  kind,
  since: '2026-11-21T08:30:00.000Z',
  until: '2026-11-21T09:30:00.000Z',
});
const bold = { ...policy, breakGlass: { ...policy.breakGlass, overridesObjection: true } };

describe('what opens a record that its patient objects to', () => {
  it('is nothing, unless the region’s board has decided otherwise', () => {
    expect(overridingAlert(policy, caller, [claim('access-alert')], now)).toBeUndefined();
  });

  it('is an access alert of the user then, and never a self-claim or another proof', () => {
    expect(overridingAlert(bold, caller, [claim('self-claim'), claim('encounter')], now)).toBeUndefined();
    expect(overridingAlert(bold, caller, [claim('access-alert')], now)).toEqual(claim('access-alert'));
    expect(overridingAlert(bold, { ...caller, subject: 'u2' }, [claim('access-alert')], now)).toBeUndefined();
    expect(
      overridingAlert(bold, caller, [claim('access-alert')], claim('access-alert').until),
    ).toBeUndefined();
  });
});

describe('a child’s age', () => {
  it('is counted in whole years, to the day', () => {
    expect(ageBandOf('2013-11-21', '2026-11-21')).toBe('13-to-15');
    expect(ageBandOf('2013-11-22', '2026-11-21')).toBe('under-13');
    expect(ageBandOf('2010-11-21', '2026-11-21')).toBe('adult');
    expect(ageBandOf('2010-11-22', '2026-11-21')).toBe('13-to-15');
    expect(ageBandOf('2012-02-29', '2025-02-28')).toBe('under-13');
    expect(ageBandOf('2012-02-29', '2025-03-01')).toBe('13-to-15');
  });

  it('is unknown without a whole birth date', () => {
    for (const birthDate of [undefined, '2014', '2014-05', 'soon'])
      expect(ageBandOf(birthDate, '2026-11-21')).toBe('unknown');
  });
});
