/** UUIDs, ULIDs and pseudonyms: by chance, their digits can look like an NHS number of the test range. */
const randomIds =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b|\b[0-9a-f]{32}\b/g;

/** The text without its random ids, to be searched for the numbers of patients. */
export function withoutRandomIds(text: string): string {
  return text.replaceAll(randomIds, '');
}
