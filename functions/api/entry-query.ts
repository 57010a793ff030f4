import * as z from 'zod';
import type { EntryFilter } from '../domain/record/entry-filter.ts';
import { parseMomentBound } from '../domain/record/moment-bound.ts';
import { parseTokens, tokenParameters } from '../domain/record/token-search.ts';
import { readInstant } from '../formats/fhir/instant.ts';
import { cursorText, pageSize } from './schemas.ts';

/** A date, perhaps a partial one, a dateTime or an instant. */
export const moment = z
  .string()
  .max(64)
  .refine((text) => /^[0-9]/.test(text) && parseMomentBound(text) !== undefined);

const moments = z
  .array(
    z
      .string()
      .max(64)
      .refine((text) => parseMomentBound(text) !== undefined),
  )
  .max(4);

const tokens = z
  .string()
  .max(1024)
  .refine((text) => parseTokens(text) !== undefined);

/** `_asOf`: the instant of which the record is asked for, in UTC with milliseconds. */
export const asOf = z
  .string()
  .max(64)
  .transform((text, context): string => {
    const at = readInstant(text);
    if (at === undefined) context.addIssue({ code: 'custom' });
    return at ?? z.NEVER;
  });

/** Up to 50 codes or ids with commas between. */
export const codeList = z.string().regex(/^[A-Za-z0-9.-]{1,64}(,[A-Za-z0-9.-]{1,64}){0,49}$/);

/** Query parameters that choose among entries. */
export const entryQuery = {
  _id: codeList.optional(),
  _lastUpdated: moments.optional(),
  category: tokens.optional(),
  'clinical-status': tokens.optional(),
  code: tokens.optional(),
  date: moments.optional(),
  status: tokens.optional(),
  type: tokens.optional(),
  _count: pageSize,
  _cursor: cursorText.optional(),
};

type EntryQuery = z.infer<z.ZodObject<typeof entryQuery>>;

/** The filter that checked query parameters ask for. */
export function entryFilterOf(query: Omit<EntryQuery, '_count' | '_cursor'>): EntryFilter {
  const bounds = (texts: readonly string[] = []) => texts.flatMap((text) => parseMomentBound(text) ?? []);
  const statuses = [query.status, query['clinical-status']].flatMap((text) => parseTokens(text ?? '') ?? []);
  const searched = Object.entries(tokenParameters).flatMap(([name, elements]) => {
    const anyOf = parseTokens(query[name as keyof typeof tokenParameters] ?? '');
    return anyOf ? [{ elements, anyOf }] : [];
  });
  return {
    dates: bounds(query.date),
    received: bounds(query._lastUpdated),
    tokens: searched,
    ...(query._id && { ids: new Set(query._id.split(',')) }),
    ...(statuses.length > 0 && { statuses: new Set(statuses.flatMap(({ code }) => code ?? [])) }),
  };
}

/** The address of a query, for `self` and `next` links. */
export function addressOf(
  url: string,
  query: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of value === undefined ? [] : [value].flat()) parameters.append(name, String(one));
  return `${url}?${parameters}`;
}
