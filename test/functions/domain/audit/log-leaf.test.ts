import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafOf } from '../../../../functions/domain/audit/log-leaf.ts';

const json = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__'),
  fc
    .jsonValue({ noUnicodeString: false, maxDepth: 3 })
    .filter((value) => !/"__proto__"|:-0\b/.test(JSON.stringify(value))),
);

describe('the bytes of an entry in the log', () => {
  it('are the same before the table and after it', () => {
    fc.assert(
      fc.property(json, (entry) => {
        // Counts and probabilities: what an entry holds of numbers is within what a number can count.
        const marshallable = JSON.parse(JSON.stringify(entry), (_, value) =>
          typeof value === 'number' && (Math.abs(value) > 1e15 || (value !== 0 && Math.abs(value) < 1e-100))
            ? 1
            : value,
        );
        expect(leafOf(unmarshall(marshall(marshallable)))).toEqual(leafOf(marshallable));
      }),
    );
  });

  it('leave out what is undefined and where the table keeps it', () => {
    const entry = { id: '1', b: undefined, a: { d: 1, c: [1, { f: 2, e: undefined }] } };
    expect(
      leafOf({ ...entry, PK: 'AUDIT#x', SK: '1', patientKey: 'PATIENT#p', expiresAt: 1 }).toString(),
    ).toBe('{"a":{"c":[1,{"f":2}],"d":1},"id":"1"}');
  });
});
