import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, unescapeText, usualSeparators } from '../../../../functions/formats/hl7v2/escape.ts';
import { openMessage } from '../../../../functions/formats/hl7v2/message.ts';
import { message, msh, segment } from './support.ts';

const signs = fc
  .shuffledSubarray([...'|^~\\&#$%*!@/:;=?'], { minLength: 5, maxLength: 5 })
  .map(([field = '', component = '', repetition = '', escaping = '', subcomponent = '']) => ({
    field,
    component,
    repetition,
    escaping,
    subcomponent,
  }));
const texts = fc.string({ unit: fc.oneof(fc.constantFrom(...'|^~\\&#$%*!@/.brXFSTRE\n\t'), fc.string()) });

describe('escape sequences', () => {
  it('come back as the text that was escaped, under any separators', () => {
    fc.assert(
      fc.property(texts, signs, (text, separators) => {
        const plain = text.replaceAll(/\r\n?/g, '\n');
        const escaped = escapeText(plain, separators);
        expect(unescapeText(escaped, separators)).toBe(plain);
        for (const sign of [separators.field, separators.component, separators.repetition, '\r', '\n'])
          expect(escaped).not.toContain(sign);
      }),
    );
  });

  it('of a field of a message come back in the field', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const plain = text.replaceAll(/\r\n?/g, '\n').trim();
        const opened = openMessage(
          message(msh(), segment('NTE', { 3: escapeText(plain, usualSeparators), 4: 'RE' })),
        );
        if (!opened.ok) throw new Error('not opened');
        const field = opened.value.segments[1]?.field(3);
        expect(field?.repetitions[0]?.text() ?? '').toBe(plain === '""' ? '' : plain);
      }),
    );
  });

  it.each([
    ['a\\F\\b', 'a|b'],
    ['a\\S\\b', 'a^b'],
    ['a\\T\\b', 'a&b'],
    ['a\\R\\b', 'a~b'],
    ['a\\E\\b', 'a\\b'],
    ['a\\.br\\b', 'a\nb'],
    ['a\\.sp2\\b', 'a\nb'],
    ['\\H\\loud\\N\\', 'loud'],
    ['\\X4D617269C3A9\\', 'Marié'],
    ['C:\\Users', 'C:\\Users'],
    ['\\Q\\', '\\Q\\'],
    ['\\Zx\\F\\', '\\Zx|'],
  ])('%s reads as it is meant', (escaped, plain) => {
    expect(unescapeText(escaped, usualSeparators)).toBe(plain);
  });
});
