import { assertionCommand } from './assertion.ts';
import { auditCommand } from './audit.ts';
import { benchCommand } from './bench.ts';
import type { Command } from './command.ts';
import { configCommand } from './config.ts';
import { deployCommand } from './deploy.ts';
import { doctorCommand } from './doctor.ts';
import { loadCommand } from './load.ts';
import { matchCommand } from './match.ts';
import { mllpCommand } from './mllp.ts';
import { redriveCommand } from './redrive.ts';
import { rejectsCommand } from './rejects.ts';
import { reviewCommand } from './review.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { synthCommand } from './synth.ts';
import { tokenCommand } from './token.ts';
import { trainCommand } from './train.ts';
import { usageCommand } from './usage.ts';

/** Every command, in the order of the list. */
export const commands: readonly Command[] = [
  startCommand,
  statusCommand,
  tokenCommand,
  assertionCommand,
  loadCommand,
  mllpCommand,
  matchCommand,
  rejectsCommand,
  redriveCommand,
  reviewCommand,
  configCommand,
  auditCommand,
  usageCommand,
  benchCommand,
  trainCommand,
  doctorCommand,
  synthCommand,
  deployCommand,
];
