/** What folding looks at. */
export interface FoldableEntry {
  readonly resourceType: string;
  /** As clinical-date.ts makes it. */
  readonly date: string;
  readonly source: { readonly local: string };
  readonly resource: object;
}

/** An entry, and those of other sources – or again of its own – that say exactly the same. */
export interface FoldedEntry<Entry> {
  readonly entry: Entry;
  readonly duplicates: readonly Entry[];
}

/** What names a resource and says nothing of what it holds. */
const names: ReadonlySet<string> = new Set(['id', 'meta', 'identifier']);

/** Resources that are not held here: a reference to one tells nothing but the words beside it, which count. */
const supportingReference =
  /^(?:Device|Endpoint|HealthcareService|Location|Organization|Practitioner|PractitionerRole|Substance)\//;

/**
 * Folds exact duplicates: entries whose content is the same apart from ids, identifiers, `meta` and the opaque ids of what is
 * not held here. Everything else counts, down to the narrative: what differs in anything stays apart. The order is that of
 * the first of each.
 */
export function foldDuplicates<Entry extends FoldableEntry>(entries: readonly Entry[]): FoldedEntry<Entry>[] {
  const runs = new Map<string, number>();
  for (const entry of entries) runs.set(runOf(entry), (runs.get(runOf(entry)) ?? 0) + 1);
  const folded: { entry: Entry; duplicates: Entry[] }[] = [];
  const byContent = new Map<string, { entry: Entry; duplicates: Entry[] }>();
  for (const entry of entries) {
    // An entry that is alone with its date and type is like no other: most are, and are not looked into.
    const content = runs.get(runOf(entry)) === 1 ? undefined : `${runOf(entry)} ${contentOf(entry)}`;
    const same = content === undefined ? undefined : byContent.get(content);
    if (same) {
      same.duplicates.push(entry);
      continue;
    }
    const one = { entry, duplicates: [] };
    folded.push(one);
    if (content !== undefined) byContent.set(content, one);
  }
  return folded;
}

/** The date and type of an entry: duplicates share them, and stand beside each other in a section. */
export function runOf({ date, resourceType }: Pick<FoldableEntry, 'date' | 'resourceType'>): string {
  return `${date} ${resourceType}`;
}

/** The content of an entry as text: equal for entries that say exactly the same. */
export function contentOf({ resource, source }: Pick<FoldableEntry, 'resource' | 'source'>): string {
  const own = `Patient/${source.local}`;
  const content = Object.fromEntries(Object.entries(resource).filter(([name]) => !names.has(name)));
  return JSON.stringify(content, (name, value: unknown) => {
    // Of this person, by whatever name the source knows them.
    if (name === 'reference' && value === own) return 'Patient';
    if (name === 'reference' && typeof value === 'string' && supportingReference.test(value))
      return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    // The order of elements means nothing in JSON.
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
