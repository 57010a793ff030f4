import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** A test that a document names as what holds something: `file › title`, or the name of a row of its table. */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/** The tests that a text names, each written `` `test/… › title` ``. */
export function namedTests(text: string): NamedTest[] {
  return [...text.matchAll(/`(test\/[^`]+?) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));
}

/** Why a named test is not there; undefined when it is. Titles are looked for as they stand in the file, in quotes. */
export function problemOf({ file, title }: NamedTest): string | undefined {
  const path = join(root, file);
  if (!existsSync(path)) return `${file} does not exist`;
  const text = readFileSync(path, 'utf8');
  const isThere = ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}`));
  return isThere ? undefined : `${file} has no test "${title}"`;
}
