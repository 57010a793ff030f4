import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocuments } from '../local/docs/generated-documents.ts';

const root = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`),
].filter((file) => file.endsWith('.md'));

describe('the documents', () => {
  it.each(Object.entries(generatedDocuments()))('%s is what npm run docs makes today', (file, text) => {
    expect(readFileSync(join(root, file), 'utf8')).toBe(text);
  });

  it.each(pages)('%s links only to files that exist', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g))
      expect(existsSync(join(root, dirname(page), target)), `${page} → ${target}`).toBe(true);
  });
});
