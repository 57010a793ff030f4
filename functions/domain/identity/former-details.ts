import { foldName } from '../matching/fold-name.ts';
import type { Demographics, PersonName } from './demographics.ts';

/** Former names and postcodes beyond these find nobody new. */
const mostKept = 6;

/**
 * What a source record says after its next message: the names and postcodes that an earlier message gave and this one
 * leaves out are kept as historic. A birth date has no history: the earlier one was an error.
 */
export function keepFormer(sent: Demographics, held: Demographics | undefined): Demographics {
  if (held === undefined) return sent;
  const spelt = new Set(sent.names.map(spellingOf));
  const names: PersonName[] = [];
  for (const name of held.names) {
    if (spelt.has(spellingOf(name))) continue;
    spelt.add(spellingOf(name));
    names.push({ ...name, historic: true });
  }
  const left = [...(held.postcode === undefined ? [] : [held.postcode]), ...(held.historicPostcodes ?? [])];
  const postcodes = new Set([...(sent.historicPostcodes ?? []), ...left]);
  if (sent.postcode !== undefined) postcodes.delete(sent.postcode);
  return {
    ...sent,
    names: [...sent.names, ...names.slice(0, mostKept)],
    ...(postcodes.size > 0 && { historicPostcodes: [...postcodes].slice(0, mostKept) }),
  };
}

function spellingOf({ family, given }: PersonName): string {
  return `${foldName(family ?? '')}|${foldName(given.join(' '))}`;
}
