import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeNarrative } from '../../../../functions/formats/fhir/narrative.ts';

const texts = fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { minLength: 1, maxLength: 3 });
const ownTags =
  /<(?:\/?(?:p|table|thead|tbody|tr|th|td|div)|div xmlns="http:\/\/www\.w3\.org\/1999\/xhtml")>/g;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** The text of the cells, as a reader sees it. */
function shownIn(div: string): string[] {
  return [...div.matchAll(/<td>(.*?)<\/td>/gs)].map(([, text = '']) =>
    text.replace(/&(#?\w+);/g, (_, name: string) => entities[name] ?? '?'),
  );
}

describe('a generated narrative', () => {
  it('holds no markup but its own, whatever is written into it', () => {
    fc.assert(
      fc.property(texts, texts, (paragraphs, row) => {
        const { div, status } = writeNarrative(paragraphs, ['What'], [row]);
        expect(status).toBe('generated');
        expect(div.replace(ownTags, '')).not.toMatch(/[<>"']/);
        // XML 1.0 has no other control characters, and no half of a pair.
        expect([...div].filter((one) => one < ' ' && !'\t\n\r'.includes(one))).toEqual([]);
        expect(div.isWellFormed()).toBe(true);
      }),
    );
  });

  it('shows printable text as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), (row) => {
        expect(shownIn(writeNarrative([], ['What'], [row]).div)).toEqual(row);
      }),
    );
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '</td></tr></table><iframe src="javascript:alert(1)">',
    '&lt;script&gt;',
    '<![CDATA[<b>]]>',
    '\u202E<b>',
  ])('shows %s as text', (attack) => {
    const { div } = writeNarrative([attack], ['What'], [[attack]]);
    expect(div.replace(ownTags, '')).not.toContain('<');
    expect(shownIn(div)).toEqual([attack]);
  });
});
