import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import { keepFormer } from '../../../../functions/domain/identity/former-details.ts';

const said = (family: string, postcode?: string, change: Partial<Demographics> = {}): Demographics => ({
  names: [{ family, given: ['Ann'] }],
  ...(postcode && { postcode }),
  deceased: false,
  restricted: false,
  ...change,
});

describe('what a source record said before', () => {
  it('is kept as historic: names and postcodes, each once', () => {
    const first = keepFormer(said('Quay', 'E2 8AA'), undefined);
    const second = keepFormer(said('Weir', 'N1 1AA'), first);
    const third = keepFormer(said('Lock', 'N1 1AA'), second);
    expect(third.names).toEqual([
      { family: 'Lock', given: ['Ann'] },
      { family: 'Weir', given: ['Ann'], historic: true },
      { family: 'Quay', given: ['Ann'], historic: true },
    ]);
    expect(third.historicPostcodes).toEqual(['E2 8AA']);
  });

  it('is current again when it is said again', () => {
    const back = keepFormer(
      said('Quay', 'E2 8AA'),
      keepFormer(said('Weir', 'N1 1AA'), said('QUAY', 'E2 8AA')),
    );
    expect(back.names.map(({ family, historic }) => [family, historic])).toEqual([
      ['Quay', undefined],
      ['Weir', true],
    ]);
    expect([back.postcode, back.historicPostcodes]).toEqual(['E2 8AA', ['N1 1AA']]);
  });

  it('is not kept of a birth date or a gender: the earlier one was an error', () => {
    const corrected = keepFormer(
      said('Quay', undefined, { birthDate: '1971-03-09' }),
      said('Quay', undefined, { birthDate: '1971-03-08', gender: 'male' }),
    );
    expect(corrected).toEqual(said('Quay', undefined, { birthDate: '1971-03-09' }));
  });

  it('ends somewhere', () => {
    let held = said('Name0', 'E1 1AA');
    for (let n = 1; n <= 30; n += 1) held = keepFormer(said(`Name${n}`, `E1 ${n % 10}AB`), held);
    expect(held.names).toHaveLength(7);
    expect(held.historicPostcodes?.length).toBeLessThanOrEqual(6);
  });
});
