import { confidentialLabels } from '../domain/access/entry-visibility.ts';
import { readInvolvement } from '../formats/fhir/involvement.ts';
import type { ClinicalEntry } from '../store/clinical-entry.ts';
import { type LinkNews, renewLink } from '../store/identity.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import { getLinks } from '../store/person.ts';
import type { Write } from '../store/transaction.ts';
import type { Region } from './region.ts';
import { movesAtOf, overNow, relationshipsOfEntry } from './relationships-of.ts';

/** What one entry of a message says that belongs on the link of its source record. */
export type EntryNews = Pick<LinkNews, 'said' | 'labels' | 'sections'>;

/** See {@link EntryNews}. */
export function newsOfEntry(region: Region, sender: string, entry: ClinicalEntry): EntryNews {
  const involvement = readInvolvement(entry.resource);
  const basis = `${entry.resourceType}/${entry.entryId}`;
  return {
    said: involvement ? relationshipsOfEntry(region, sender, basis, involvement) : [],
    labels: confidentialLabels(entry.securityLabels),
    sections: [entry.section],
  };
}

/** What an entry that has moved to another record leaves to be said on the link of its former one. */
export function newsOfTaken(region: Region, sender: string, former: ClinicalEntry): EntryNews {
  const basis = `${former.resourceType}/${former.entryId}`;
  return {
    said: readInvolvement(former.resource) ? [overNow(region, sender, basis)] : [],
    labels: [],
    sections: [],
  };
}

/** The news of several entries of one record, with what its Patient says. */
export function joinNews(
  region: Region,
  entries: readonly EntryNews[],
  ofPatient: LinkNews['said'] = [],
): LinkNews {
  return {
    said: [...ofPatient, ...entries.flatMap(({ said }) => said)],
    movesAt: movesAtOf(region),
    labels: entries.flatMap(({ labels }) => labels),
    sections: entries.flatMap(({ sections = [] }) => sections),
  };
}

/** The writes that add news to links that stand already; a record that is nobody's has none. */
export async function renewLinks(
  { store }: Region,
  renewals: readonly { readonly personId: string; readonly source: SourceRef; readonly news: LinkNews }[],
): Promise<Write<'person-changed'>[]> {
  const telling = renewals.filter(
    ({ news: { labels, said, sections = [] } }) => said.length + labels.length + sections.length > 0,
  );
  if (telling.length === 0) return [];
  const links = new Map(
    (await getLinks(store, telling)).map((link) => [sourcePartition(link.source), link] as const),
  );
  return telling.flatMap(({ news, personId, source }) => {
    const link = links.get(sourcePartition(source));
    return link ? renewLink(store, personId, link, news) : [];
  });
}
