import { writeFileSync } from 'node:fs';
import { generatedDocuments } from '../local/docs/generated-documents.ts';

for (const [file, text] of Object.entries(generatedDocuments())) {
  writeFileSync(new URL(`../${file}`, import.meta.url), text);
  console.log(`wrote ${file}`);
}
