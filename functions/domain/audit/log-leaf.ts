/** Attributes that say where the table and its indexes keep an entry; they follow from the others. */
const placement = /^(PK|SK|expiresAt|.*Key)$/;

/**
 * The bytes of an entry in the log: JSON with sorted keys and without white space, so that the writer and whoever reads the
 * entry back from the table get the same. What is undefined is left out, as the table does.
 */
export function leafOf(entry: object): Buffer {
  const kept = Object.entries(entry).filter(([name]) => !placement.test(name));
  return Buffer.from(JSON.stringify(sorted(Object.fromEntries(kept))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => one !== undefined).map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}
