import { dateSortKey } from '../../domain/record/clinical-date.ts';

/** A FHIR instant, which has a day and a time, in UTC as `YYYY-MM-DDThh:mm:ss.sssZ`; undefined when it is none. */
export function readInstant(text: string): string | undefined {
  if (text.length < 19 || dateSortKey(text) === undefined) return undefined;
  // A leap second is the second before it; a time without a zone, which FHIR forbids and some send, is taken as UTC.
  const zone = /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? '' : 'Z';
  const milliseconds = Date.parse(`${text.replace(/T(\d{2}:\d{2}):60/, 'T$1:59')}${zone}`);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}
