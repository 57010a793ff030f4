import type { FhirResource } from 'fhir/r4.js';

/** XHTML that FHIR lets a narrative have (http://hl7.org/fhir/R4/narrative.html), without what loads or runs anything. */
const elements =
  'a|abbr|b|blockquote|br|caption|cite|code|col|colgroup|dd|dfn|div|dl|dt|em|h[1-6]|hr|i|li|ol|p|pre|q|samp|small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|ul|var';

const attributes = [
  'class|colspan|dir|headers|id|lang|name|rowspan|scope|title|xml:lang',
  'xmlns="http://www\\.w3\\.org/1999/xhtml"',
  // Colours and widths, but nothing with an address in it.
  'style="(?:(?!url|expression|import|@|\\\\)[^"<>&])*"',
  'href="(?:https?:|mailto:|#)[^"<>]*"',
].map((attribute) => (attribute.includes('=') ? attribute : `(?:${attribute})="[^"<>]*"`));

const harmlessTag = new RegExp(
  `^<(?:/(?:${elements})|(?:${elements})(?:\\s+(?:${attributes.join('|')}))*\\s*/?)>$`,
  'i',
);
const anyTag = /<[^>]*>?/g;

/**
 * The resource with the narratives that its sender wrote, at any depth, as long as they are harmless XHTML. One that is not
 * is reduced to its words: they may say what stands nowhere else.
 */
export function withHarmlessNarratives<Resource extends FhirResource>(resource: Resource): Resource {
  // Only these can hold one, and few do: a page of a hundred entries is not walked through for nothing.
  const canHold = 'text' in resource || 'contained' in resource || resource.resourceType === 'Composition';
  return canHold ? (visit(resource) as Resource) : resource;
}

function visit(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(visit);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [
      key,
      key === 'div' && typeof held === 'string' ? harmlessDiv(held) : visit(held),
    ]),
  );
}

function harmlessDiv(div: string): string {
  const tags = div.match(anyTag) ?? [];
  if (tags.every((tag) => harmlessTag.test(tag))) return div;
  const words = div
    .replaceAll(/<(script|style|svg|object|iframe)\b[^>]*>[^<]*/gi, ' ')
    .replaceAll(anyTag, ' ')
    .replaceAll(/[<>]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return `<div xmlns="http://www.w3.org/1999/xhtml">${words === '' ? '-' : words}</div>`;
}
