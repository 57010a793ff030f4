const letters = /[^A-Z0-9]/g;

/**
 * A UK postcode in capitals with one space before the inward part; an outward code alone (`LS17`) stays as it is.
 *
 * Mistyped letters and digits are kept, because a nearly right postcode still says much; so are the four to six digits of
 * other countries' postcodes. What has the length of no postcode gives undefined.
 */
export function normalisePostcode(text: string): string | undefined {
  if (text.length > 24) return undefined;
  const compact = text.toUpperCase().replaceAll(letters, '');
  if (/^[0-9]{4,6}$/.test(compact)) return compact;
  if (!/^[A-Z]/.test(compact)) return undefined;
  if (compact.length >= 5 && compact.length <= 7) return `${compact.slice(0, -3)} ${compact.slice(-3)}`;
  return compact.length >= 2 && compact.length <= 4 ? compact : undefined;
}
