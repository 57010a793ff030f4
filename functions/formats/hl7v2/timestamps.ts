import { parseCalendarDate } from '../../domain/identity/calendar-date.ts';

const pattern =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,4})?)?)?)?)?)?([+-]\d{4})?$/;

const london = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', timeZoneName: 'longOffset' });

/**
 * The FHIR date or dateTime of an HL7 TS (`YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+/-ZZZZ]`); undefined where it is none, so a month
 * 13. A time without a zone is London's. A date keeps its precision and never becomes a moment.
 */
export function toFhirDateTime(text: string): string | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, year = '', month, day, hour, minute = '00', second = '00', zone] = match;
  const date = [year, month, day].filter((part) => part !== undefined).join('-');
  if (parseCalendarDate(date) === undefined) return undefined;
  if (hour === undefined) return date;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const local = `${date}T${hour}:${minute}:${second}`;
  return `${local}${zone ? withColon(zone) : londonOffset(local)}`;
}

/** The day alone of an HL7 TS or DT, or less where the sender knows less; undefined where it is none. */
export function toFhirDate(text: string): string | undefined {
  return toFhirDateTime(text)?.slice(0, 10);
}

/** `hh:mm:ss` of an HL7 TM; undefined where it is none. A zone is left out: FHIR's time has none. */
export function toFhirTime(text: string): string | undefined {
  const [, hour, minute = '00', second = '00'] =
    /^(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,4})?)?)?(?:[+-]\d{4})?$/.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return `${hour}:${minute}:${second}`;
}

/** True for a dateTime that is an instant: FHIR's instant knows the second. */
export function isInstant(dateTime: string): boolean {
  return dateTime.length > 10;
}

function withColon(zone: string): string {
  return `${zone.slice(0, 3)}:${zone.slice(3)}`;
}

/** London's offset at a local time; of the hour that comes twice in October the first is meant. */
function londonOffset(local: string): string {
  for (const offset of ['+01:00', '+00:00'])
    if (offsetAt(new Date(`${local}${offset}`)) === offset) return offset;
  // The hour that is left out in March, or a year before zones.
  return '+00:00';
}

function offsetAt(moment: Date): string {
  const name = london.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  return name === 'GMT' ? '+00:00' : name.replace('GMT', '');
}
