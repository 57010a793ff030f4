import type { Command } from './command.ts';
import { formatTable } from './format-table.ts';

/** The list of commands. */
export function overview(commands: readonly Command[]): string {
  return [
    'Towpath: a shared care record with a master patient index.',
    '',
    'Usage: towpath COMMAND [options]    (from a checkout: npm run -s towpath -- COMMAND [options])',
    '',
    formatTable([
      ...commands.map(({ name, summary }) => [`  ${name}`, summary]),
      ['  help [COMMAND]', 'this list, or the options of one command'],
    ]),
    '',
    'Every command takes --json: one JSON object on standard output and nothing else there.',
    'Exit status: 0 done, 1 the work failed, 2 wrong usage.',
  ].join('\n');
}

/** The manual of one command. */
export function commandHelp({ name, options, summary, usage }: Command): string {
  return [
    `towpath ${name}: ${summary}`,
    '',
    `Usage: towpath ${name} ${usage}`,
    '',
    formatTable([
      ...Object.entries(options).map(([option, { about, type }]) => [
        `  --${option}${type === 'string' ? ' …' : ''}`,
        about,
      ]),
      ['  --json', 'one JSON object on standard output'],
    ]),
  ].join('\n');
}
