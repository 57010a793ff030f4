import { parseArgs } from 'node:util';
import { type Command, type Outcome, parseConfig } from './command.ts';
import { commandHelp, overview } from './help.ts';
import { RegionUnreachable } from './region-client.ts';
import type { Terminal } from './terminal.ts';

/** Exit statuses: the work was done, it failed, the command line was wrong. */
const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** Runs one command line (without the program's own name) and gives the exit status. */
export async function runCommandLine(
  commands: readonly Command[],
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === 'help' || name === '--help' || name === '-h') return printHelp(commands, rest[0], terminal);
  const command = commands.find((one) => one.name === name);
  if (!command) {
    terminal.err(name === undefined ? 'towpath: name a command' : `towpath: there is no command ${name}`);
    terminal.err(overview(commands));
    return exitCodes.wrongUsage;
  }
  const parsed = parseOptions(command, rest);
  if (!parsed.ok) return reportWrongUsage(command, parsed.message, terminal);
  const { json, help, ...options } = parsed.options;
  if (help === true) {
    terminal.out(commandHelp(command));
    return exitCodes.done;
  }
  const isJson = json === true;
  let outcome: Outcome;
  try {
    outcome = await command.run({ options, positionals: parsed.positionals, json: isJson, terminal });
  } catch (error) {
    outcome = describeDefect(error);
  }
  return report(command, outcome, isJson, terminal);
}

function parseOptions(
  command: Command,
  args: readonly string[],
):
  | { ok: true; options: Readonly<Record<string, string | boolean | undefined>>; positionals: string[] }
  | { ok: false; message: string } {
  try {
    const { values, positionals } = parseArgs(parseConfig(command, args));
    return { ok: true, options: { ...values }, positionals };
  } catch (error) {
    const [message = 'wrong options'] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { ok: false, message };
  }
}

function printHelp(commands: readonly Command[], name: string | undefined, terminal: Terminal): number {
  const command = commands.find((one) => one.name === name);
  if (name !== undefined && !command) {
    terminal.err(`towpath: there is no command ${name}`);
    return exitCodes.wrongUsage;
  }
  terminal.out(command ? commandHelp(command) : overview(commands));
  return exitCodes.done;
}

function report(command: Command, outcome: Outcome, isJson: boolean, terminal: Terminal): number {
  switch (outcome.kind) {
    case 'done': {
      const text = isJson ? outcome.json && JSON.stringify(outcome.json) : outcome.text;
      if (text !== undefined) terminal.out(text);
      return exitCodes.done;
    }
    case 'failed': {
      const { fix, json, message } = outcome;
      if (isJson) terminal.out(JSON.stringify({ ...json, error: { message, ...(fix && { fix }) } }));
      terminal.err(`towpath ${command.name}: ${message}`);
      if (fix) terminal.err(`  ${fix}`);
      return exitCodes.failed;
    }
    case 'wrong-usage':
      return reportWrongUsage(command, outcome.message, terminal);
  }
}

function reportWrongUsage(command: Command, message: string, terminal: Terminal): number {
  terminal.err(`towpath ${command.name}: ${message}`);
  terminal.err(`Usage: towpath ${command.name} ${command.usage}`);
  return exitCodes.wrongUsage;
}

/** A region that has gone away; else a defect of ours, or of the machine: its message, and the stack only for those who ask for it. */
function describeDefect(error: unknown): Outcome {
  if (error instanceof RegionUnreachable)
    return { kind: 'failed', message: error.message, fix: 'start it with: npm start' };
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && process.env.TOWPATH_STACK ? `\n${error.stack}` : '';
  return {
    kind: 'failed',
    message: `${message}${stack}`,
    fix: stack ? '' : 'with TOWPATH_STACK=1 in the environment, the place in the code is shown',
  };
}
