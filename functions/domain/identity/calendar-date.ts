/**
 * Calendar arithmetic on `YYYY-MM-DD` text. A birth or death date is a day on a calendar, not a moment:
 * JavaScript's `Date` would move it with the time zone.
 */
const calendarDatePattern = /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$/;

const daysInMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** The parts of a full or partial date. */
export interface DateParts {
  readonly year: number;
  readonly month?: number;
  readonly day?: number;
}

/** Days in the month, 1 to 12, of the Gregorian calendar. */
function daysInMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (daysInMonths[month - 1] ?? 0);
}

/** The parts of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; undefined for any other text and for days that never were. */
export function parseCalendarDate(text: string): DateParts | undefined {
  const match = calendarDatePattern.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  if (year === 0) return undefined;
  if (match[2] === undefined) return { year };
  const month = Number(match[2]);
  if (month < 1 || month > 12) return undefined;
  if (match[3] === undefined) return { year, month };
  const day = Number(match[3]);
  if (day < 1 || day > daysInMonth(year, month)) return undefined;
  return { year, month, day };
}

/** True for a real `YYYY-MM-DD`, `YYYY-MM` or `YYYY` (FHIR allows partial dates), false for 30 February. */
export function isRealBirthDate(text: string): boolean {
  return parseCalendarDate(text) !== undefined;
}

/** The day after a full `YYYY-MM-DD`. */
export function nextDay(date: string): string {
  const { year, month = 1, day = 1 } = parseCalendarDate(date) ?? { year: 1 };
  if (day < daysInMonth(year, month)) return isoDate(year, month, day + 1);
  return month < 12 ? isoDate(year, month + 1, 1) : isoDate(year + 1, 1, 1);
}

function isoDate(year: number, month: number, day: number): string {
  const padded = (value: number, digits: number) => String(value).padStart(digits, '0');
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** Days from 1 January of year 1 of the proleptic Gregorian calendar. */
function dayNumber(year: number, month: number, day: number): number {
  const before = year - 1;
  let days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  for (let earlier = 1; earlier < month; earlier += 1) days += daysInMonth(year, earlier);
  return days + day;
}

/** The last day that a partial date can mean, as a day number. */
function lastDayNumber({ year, month = 12, day }: DateParts): number {
  return dayNumber(year, month, day ?? daysInMonth(year, month));
}

/** Whole days from the first date to the second (negative when it lies before); a partial date counts as its last day. */
export function daysBetween(from: string, to: string): number | undefined {
  const first = parseCalendarDate(from);
  const second = parseCalendarDate(to);
  if (first === undefined || second === undefined) return undefined;
  return lastDayNumber(second) - lastDayNumber(first);
}
