#!/usr/bin/env node
import { commands } from '../local/cli/commands.ts';
import { runCommandLine } from '../local/cli/main.ts';
import { processTerminal } from '../local/cli/terminal.ts';

process.exitCode = await runCommandLine(commands, process.argv.slice(2), processTerminal());
