import type { Narrative } from 'fhir/r4.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as XHTML shows it and never runs it: no markup, and no character that XML 1.0 does not have. */
function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/**
 * A generated Narrative: paragraphs, then a table under its column heads when it has rows. Whatever comes from a sender is
 * plain text here (http://hl7.org/fhir/R4/narrative.html allows no scripts; this allows no sender's markup at all).
 */
export function writeNarrative(
  paragraphs: readonly string[],
  heads: readonly string[] = [],
  rows: readonly (readonly string[])[] = [],
): Narrative {
  const cells = (tag: 'td' | 'th', texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escapeText(text)}</${tag}>`).join('')}</tr>`;
  const table =
    rows.length > 0
      ? `<table><thead>${cells('th', heads)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`
      : '';
  const words = paragraphs.map((text) => `<p>${escapeText(text)}</p>`).join('');
  return {
    status: 'generated',
    div: `<div xmlns="http://www.w3.org/1999/xhtml">${words}${table}</div>`,
  };
}
