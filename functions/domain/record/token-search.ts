import { codingsOf } from './codings.ts';

/** One value of a token search (http://hl7.org/fhir/R4/search.html#token): what is absent may be anything. */
export interface Token {
  /** The empty text where the search says that there is no system. */
  readonly system?: string;
  readonly code?: string;
}

/** A token search: any of the values in any of the elements. */
export interface TokenSearch {
  readonly elements: readonly string[];
  readonly anyOf: readonly Token[];
}

/** The token parameters of every type of the record, and the elements that they look at. */
export const tokenParameters = {
  category: ['category'],
  code: ['code', 'medicationCodeableConcept', 'vaccineCode'],
  type: ['type'],
} as const satisfies Record<string, readonly string[]>;

/** Reads `code`, `system|code`, `|code` or `system|`, several with commas between; undefined when it is none. */
export function parseTokens(text: string): Token[] | undefined {
  const tokens = text.split(',').map((token): Token | undefined => {
    const [system = '', code, ...rest] = token.split('|');
    if (rest.length > 0 || token === '' || token === '|') return undefined;
    if (code === undefined) return { code: system };
    return { system, ...(code !== '' && { code }) };
  });
  const read = tokens.filter((token) => token !== undefined);
  return read.length === tokens.length ? read : undefined;
}

/** True when the resource has one of the values in one of the elements. */
export function meetsTokens(resource: object, { anyOf, elements }: TokenSearch): boolean {
  const fields = resource as Readonly<Record<string, unknown>>;
  return elements
    .flatMap((element) => codingsOf(fields[element]))
    .some((held) =>
      anyOf.some(
        ({ code, system }) =>
          (code === undefined || held.code === code) &&
          (system === undefined || (held.system ?? '') === system),
      ),
    );
}
