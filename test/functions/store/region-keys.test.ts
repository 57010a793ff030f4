import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cursorLifeMilliseconds, openCursor, sealCursor } from '../../../functions/store/cursor.ts';
import { deriveRegionKeys, pseudonym, seal, unseal } from '../../../functions/store/region-keys.ts';

const keys = deriveRegionKeys('one secret of a region, long enough for keys');
const otherKeys = deriveRegionKeys('another secret of a region, long enough too');
const now = new Date('2026-11-21T09:00:00Z');

describe('pseudonyms', () => {
  it('are stable, keyed and apart for each use', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, other) => {
        const made = pseudonym(keys, 'nhs-number', value);
        expect(made).toMatch(/^[0-9a-f]{32}$/);
        expect(pseudonym(keys, 'nhs-number', value)).toBe(made);
        expect(pseudonym(otherKeys, 'nhs-number', value)).not.toBe(made);
        expect(pseudonym(keys, 'local', value)).not.toBe(made);
        if (other !== value) expect(pseudonym(keys, 'nhs-number', other)).not.toBe(made);
      }),
    );
  });

  it('do not mix up where the use ends and the value begins', () => {
    expect(pseudonym(keys, 'ab', 'c')).not.toBe(pseudonym(keys, 'a', 'bc'));
  });

  it('need a secret of at least 32 characters', () => {
    expect(() => deriveRegionKeys('short')).toThrow('32 characters');
  });
});

describe('sealed values', () => {
  it('open only with the same key and binding', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (payload, binding) => {
        const token = seal(keys, binding, payload);
        expect(unseal(keys, binding, token)).toEqual(JSON.parse(JSON.stringify(payload)));
        expect(unseal(otherKeys, binding, token)).toBeUndefined();
        expect(unseal(keys, `${binding} of another caller`, token)).toBeUndefined();
      }),
    );
  });

  it('do not open after any edit or truncation', () => {
    const token = seal(keys, 'query', { position: 'SECTION#allergies#2020' });
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABab01-_'), (at, character) => {
        fc.pre(token[at] !== character);
        expect(unseal(keys, 'query', token.slice(0, at) + character + token.slice(at + 1))).toBeUndefined();
        expect(unseal(keys, 'query', token.slice(0, at))).toBeUndefined();
      }),
    );
  });

  it('hide what they hold', () => {
    const token = seal(keys, 'query', 'SECTION#allergies#2020');
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('allergies');
  });
});

describe('cursors', () => {
  it('expire', () => {
    const cursor = sealCursor(keys, 'query', { at: 3 }, now);
    const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
    expect(openCursor(keys, 'query', cursor, later(cursorLifeMilliseconds - 1))).toEqual({ at: 3 });
    expect(openCursor(keys, 'query', cursor, later(cursorLifeMilliseconds))).toBeUndefined();
  });
});
