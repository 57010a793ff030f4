import { viewingOperations } from '../../functions/api/routes.ts';
import type { AuditEntry } from '../../functions/domain/audit/audit-entry.ts';
import { loadRegion } from '../../functions/edge/region.ts';
import { rebuildUsage } from '../../functions/usecases/rebuild-usage.ts';
import { LogUnreadable, logSize, readAuditTable, readLogFolder } from '../usage/read-audit-log.ts';
import { removeGeneration } from '../usage/remove-generation.ts';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { openRegion } from './open-region.ts';

/** `towpath usage rebuild`: the usage counters anew from the audit log. */
export const usageCommand: Command = {
  name: 'usage',
  summary: 'count usage anew from the audit log',
  usage: 'rebuild [--log DIR] [--data DIR]',
  options: {
    log: {
      type: 'string',
      about: 'folder of the audit log, for entries that the table no longer keeps; the table is read too',
    },
    ...dataOption,
  },
  takesPaths: true,
  async run({ json, options, positionals, terminal }): Promise<Outcome> {
    if (positionals.length !== 1 || positionals[0] !== 'rebuild')
      return { kind: 'wrong-usage', message: 'name one task: rebuild' };
    const opened = await openRegion(dataDirOf(options));
    if (!opened.ok) return opened.outcome;
    // As for an initial load: the environment of the region's own functions, or the one that this process was given.
    Object.assign(process.env, opened.region.found.run?.worker);
    const region = await loadRegion();
    const folder = textOption(options, 'log');
    async function* entries(): AsyncGenerator<AuditEntry, void, undefined> {
      if (folder !== undefined) yield* readLogFolder(folder);
      // What the log has already is counted once; what came since is here.
      yield* readAuditTable(region.store);
    }
    try {
      // Before anything is begun.
      if (folder !== undefined) await logSize(folder);
      const rebuilt = await rebuildUsage(region, entries(), viewingOperations, (count) => {
        if (!json && count % 10_000 === 0 && count > 0) terminal.err(`${count} entries`);
      });
      if (!rebuilt.ok)
        return {
          kind: 'failed',
          message: 'somebody else rebuilds usage at this moment',
          fix: 'wait for that rebuild to end',
        };
      await removeGeneration(region.store, rebuilt.before);
      const { current, entries: counted } = rebuilt;
      return {
        kind: 'done',
        text: `Usage is counted anew from ${counted} audit entries (set ${current}).`,
        json: { entries: counted, generation: current },
      };
    } catch (error) {
      if (!(error instanceof LogUnreadable)) throw error;
      return {
        kind: 'failed',
        message: error.message,
        fix: '`auditLog` in run.json names the folder of the log',
      };
    }
  },
};
