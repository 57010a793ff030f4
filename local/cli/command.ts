import type { ParseArgsConfig } from 'node:util';
import type { Terminal } from './terminal.ts';

/** How a command ended. Only defects throw. */
export type Outcome =
  /** `text` is for people, `json` for programs; a command that has already printed gives neither. */
  | { readonly kind: 'done'; readonly text?: string; readonly json?: object }
  /** The work failed: what happened, and what to do about it. */
  | { readonly kind: 'failed'; readonly message: string; readonly fix?: string; readonly json?: object }
  | { readonly kind: 'wrong-usage'; readonly message: string };

/** The options of a command as they were typed, every one a string, a flag, or absent. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** What a command is called with. */
export interface CommandInput {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
  /** Print one JSON object instead of text. */
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** One command of the command line, in local/cli/<name>.ts. */
export interface Command {
  readonly name: string;
  /** One line of the list of commands. */
  readonly summary: string;
  /** What follows the name, as in a manual. */
  readonly usage: string;
  /** Options beside `--json` and `--help`, with a line about each. */
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly about: string }>>;
  /** True for a command that takes paths after its options. */
  readonly takesPaths?: boolean;
  readonly run: (input: CommandInput) => Promise<Outcome>;
}

/** The data folder when none is named. */
export const defaultDataDir = '.towpath';

/** The option that names a running region by its data folder. */
export const dataOption = {
  data: { type: 'string', about: `data folder of the region (default ${defaultDataDir})` },
} as const;

/** The text of an option; undefined when it was not given. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The data folder that was named, or the default one. */
export function dataDirOf(options: OptionValues): string {
  return textOption(options, 'data') ?? defaultDataDir;
}

/** What `util.parseArgs` needs of a command. */
export function parseConfig(command: Command, args: readonly string[]) {
  return {
    args: [...args],
    allowPositionals: command.takesPaths ?? false,
    strict: true,
    options: {
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(Object.entries(command.options).map(([name, { type }]) => [name, { type }])),
    },
  } as const satisfies ParseArgsConfig;
}
