import type { PersonRow } from '../csv/read-people.ts';

/** FEBRL names a record `rec-1070-org` or `rec-561-dup-0`: the number is the person. */
const febrlId = /^rec-(\d+)-/;

/** Whose record a row truly is: its column `person`, else the number of a FEBRL id; undefined when neither says. */
export function truePerson({ id, person }: PersonRow): string | undefined {
  return person ?? febrlId.exec(id)?.[1];
}
