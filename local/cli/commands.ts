import type { Command } from './command.ts';
import { loadCommand } from './load.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { tokenCommand } from './token.ts';

/** Every command, in the order of the list. */
export const commands: readonly Command[] = [startCommand, statusCommand, tokenCommand, loadCommand];
