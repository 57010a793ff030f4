import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonBody } from '../../../../functions/formats/fhir/json.ts';

const reasonOf = (text: string) => {
  const result = parseJsonBody(text);
  return result.ok ? 'taken' : result.reason;
};

describe('parseJsonBody', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text);
        fc.pre(!/__proto__|constructor|prototype/.test(text));
        expect(parseJsonBody(text)).toEqual({ ok: true, value });
      }),
    );
  });

  it('ends on any text at all, and takes none that JSON.parse refuses', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\u',
      'd800',
      '1',
      '-',
      'e9',
      'a',
      ' ',
      'null',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        const result = parseJsonBody(text);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (result.ok) expect(isJson).toBe(true);
        if (!isJson) expect(result.ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '',
    '{',
    '{"a":1,}',
    '[1 2]',
    "{'a':1}",
    'NaN',
    '01',
    '1-2',
    '"\\x"',
    '"a',
    '{"a\\":1}',
    '\ufeff{}',
    '"\n"',
    '{"\\q":1}',
    '}',
    '{}]',
  ])('refuses %j as malformed', (text) => {
    expect(reasonOf(text)).toBe('malformed');
  });

  it.each(['{"a":1,"a":2}', '[{"b":{"a":1,"\\u0061":2}}]', '{"a":{},"b":[],"a":0}', '{"":1,"":2}'])(
    'refuses a key given twice: %s',
    (text) => {
      expect(reasonOf(text)).toBe('duplicate-key');
    },
  );

  it('takes the same key in different objects, and as a value', () => {
    expect(reasonOf('[{"a":1},{"a":{"a":["a","a"]}}]')).toBe('taken');
    expect(reasonOf('{"a":"b","b":"a"}')).toBe('taken');
  });

  it.each([
    '{"__proto__":{}}',
    '{"\\u005f_proto__":1}',
    '{"a":[{"constructor":{"prototype":{}}}]}',
    '{"prototype":1}',
  ])('refuses a key that reaches a prototype: %s', (text) => {
    expect(reasonOf(text)).toBe('forbidden-key');
  });

  it('takes the same words as values', () => {
    expect(reasonOf('{"a":["__proto__","constructor"]}')).toBe('taken');
  });

  it.each(['1e999', '[-1e999]', `{"a":${'9'.repeat(400)}}`])('refuses a number beyond a double', (text) => {
    expect(reasonOf(text)).toBe('not-finite');
  });

  it('takes numbers of every form', () => {
    expect(parseJsonBody('[0,-0.5,1e3,1E-3,1.25e+2]')).toEqual({
      ok: true,
      value: [0, -0.5, 1000, 0.001, 125],
    });
  });

  it.each([
    '"\\ud800"',
    '"\\udc00"',
    '"a\\ud800b"',
    '"\\ud800\\u0041"',
    '"\\udc00\\ud800"',
    '"\ud800"',
    '{"\\ud83d":1}',
  ])('refuses half a character: %j', (text) => {
    expect(reasonOf(text)).toBe('bad-text');
  });

  it('takes whole characters beyond the basic plane, escaped or plain, and escaped backslashes', () => {
    expect(parseJsonBody('["\\ud83d\\ude00","😀","\\\\ud800","\\"","\\\\"]')).toEqual({
      ok: true,
      value: ['😀', '😀', '\\ud800', '"', '\\'],
    });
  });

  it('takes nesting to the depth given and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(reasonOf(nested(64))).toBe('taken');
    expect(reasonOf(nested(65))).toBe('too-deep');
    expect(parseJsonBody(nested(5), { maxDepth: 4 })).toEqual({ ok: false, reason: 'too-deep' });
    expect(reasonOf(`${'[]'.repeat(0)}[${'[],'.repeat(500)}[]]`)).toBe('taken');
  });

  it('refuses 100,000 levels at once', () => {
    const start = performance.now();
    expect(reasonOf('{"a":'.repeat(100_000))).toBe('too-deep');
    expect(performance.now() - start).toBeLessThan(50);
  });

  it('needs time in proportion to the text, also for text full of escapes', () => {
    const text = `["${'\\\\\\"'.repeat(500_000)}"]`;
    const start = performance.now();
    expect(reasonOf(text)).toBe('taken');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
