import { openApiDocument } from '../../functions/api/openapi-document.ts';
import { basePath, pathsOf, routes } from '../../functions/api/routes.ts';
import { roles } from '../../functions/domain/access/roles.ts';
import { errorCatalogue } from '../../functions/domain/error-catalogue.ts';
import { sectionCodes } from '../../functions/domain/record/section-codes.ts';
import { sections } from '../../functions/domain/record/sections.ts';
import { items, tables } from '../../functions/store/schema.ts';

/** The documents that are made from the code's own tables, by file name; a test holds the committed ones against them. */
export function generatedDocuments(): Record<string, string> {
  return {
    'docs/data-model.md': dataModel(),
    'docs/interface.md': interfacePage(),
    'docs/sections.md': sectionsPage(),
    'docs/openapi.json': `${JSON.stringify(openApiDocument(basePath), null, 2)}\n`,
  };
}

const made = 'Made by `npm run docs`; change the tables in the code instead.';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function dataModel(): string {
  const parts = Object.entries(tables).map(([name, definition]) => {
    const { purpose, partitionKey, sortKey, ttlAttribute, stream, indexes } = definition;
    const index = indexes.map(
      (one) => `index \`${one.name}\` (${one.partitionKey}, ${one.sortKey}, all attributes)`,
    );
    const facts = [
      `keys \`${partitionKey}\`, \`${sortKey}\``,
      ...index,
      `TTL \`${ttlAttribute}\``,
      stream ? 'stream with old and new images' : 'no stream',
    ];
    const rows = items
      .filter((item) => item.table === name)
      .map((item) => [item.type, `\`${item.partitionKey}\``, `\`${item.sortKey}\``, item.notes]);
    return `## ${name}\n\n${purpose} ${facts.join('; ')}.\n\n${table(['Item', 'Partition key', 'Sort key', 'Notes'], rows)}\n`;
  });
  return `# Data model\n\n${made} Source: \`functions/store/schema.ts\`.\n
Every item carries \`type\` and \`schemaVersion\`. A pseudonym is a keyed HMAC-SHA-256 of the value, never the value itself:
NHS numbers, local identifiers, names and postcodes stand in no key. Clinical entries live under the source record that
sent them, never under the person: linking and unlinking move no clinical item, and a source record in quarantine is linked
to nobody, so nothing can serve it.\n\n${parts.join('\n')}`;
}

function sectionsPage(): string {
  const rows = sectionCodes.map((code) => {
    const { loinc, prsbHeading, resourceTypes, title } = sections[code];
    return [`\`${code}\``, title, `\`${prsbHeading}\``, loinc ?? '–', resourceTypes.join(', ')];
  });
  return `# Sections

${made} Source: \`functions/domain/record/sections.ts\`.

A resource is filed in one section, by its type and, where several take the type, by its codes
(\`functions/domain/record/section-of.ts\`). PRSB headings are codes of UKCore-RecordStandardHeadings; LOINC is the section's code
in the International Patient Summary or C-CDA, where they have one. How they are read: [reading the record](reading-the-record.md).

${table(['Section', 'Title', 'PRSB heading', 'LOINC', 'FHIR types'], rows)}
`;
}

function interfacePage(): string {
  const operations = routes.map(({ operation, permission, summary, ...route }) => [
    pathsOf({ operation, permission, summary, ...route })
      .map((path) => `\`${route.method} ${basePath}${path}\``)
      .join(' '),
    summary,
    permission === 'open' ? 'open' : `\`${permission}\``,
    `\`functions/api/${operation}.ts\``,
  ]);
  const roleRows = Object.entries(roles).map(([role, { permissions, sections }]) => [
    role,
    permissions.map((permission) => `\`${permission}\``).join(' '),
    sections.length === 0 ? 'none' : sections.length === 16 ? 'all' : sections.join(', '),
  ]);
  const errors = Object.entries(errorCatalogue).map(([code, { status, issue, text }]) => [
    `\`${code}\``,
    String(status),
    issue,
    text,
  ]);
  return `# Interface

${made} The whole contract, with bodies and examples, is [openapi.json](openapi.json).

## Operations

${table(['Request', 'Does', 'Permission', 'Code'], operations)}

## Roles

${table(['Role', 'Permissions', 'Sections'], roleRows)}

## Errors

Every error is an OperationOutcome with its code in \`issue.details.coding\`, but for those of the token endpoint, which are
OAuth's (RFC 6749 §5.2).

${table(['Code', 'HTTP', 'FHIR issue', 'Meaning'], errors)}
`;
}
