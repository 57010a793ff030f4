import { access } from 'node:fs/promises';
import type { Checkpoint } from '../../functions/domain/audit/checkpoint.ts';
import { kindOfKey, type NoteKey } from '../../functions/domain/audit/note-key.ts';
import { type LogReport, verifyLog } from '../../functions/domain/audit/verify-log.ts';
import { openLogFolder } from '../audit-log/log-folder.ts';
import { claimedOrigin, findKeys, type PinnedKeys, readKeyFile } from '../audit-log/pinned-keys.ts';
import { keepWitnessed, readWitnessed } from '../audit-log/witness-file.ts';
import {
  type Command,
  type CommandInput,
  dataDirOf,
  dataOption,
  type Outcome,
  textOption,
} from './command.ts';
import { type Progress, startProgress } from './progress.ts';

/** `towpath audit`: holds the audit log against the keys that may sign it, with its files alone. */
export const auditCommand: Command = {
  name: 'audit',
  summary: 'verify the audit log offline, or watch over its head',
  usage: '(verify --log DIR [--since INSTANT] | witness --log DIR --state FILE) [--key FILE]',
  options: {
    log: {
      type: 'string',
      about: 'folder of the log: `auditLog` in run.json, or a copy of the audit bucket',
    },
    key: {
      type: 'string',
      about: 'file with the keys that may sign it (key lines, PEM or DER); else the pinned ones',
    },
    since: {
      type: 'string',
      about: 'verify: read the entries from this date or instant on only, and all hashes',
    },
    state: { type: 'string', about: 'witness: file with the head that was seen last; made when absent' },
    ...dataOption,
  },
  takesPaths: true,
  async run(input): Promise<Outcome> {
    const [task, ...rest] = input.positionals;
    const work = rest.length === 0 ? tasks.get(task ?? '') : undefined;
    if (!work) return { kind: 'wrong-usage', message: 'name one task: verify or witness' };
    const log = textOption(input.options, 'log');
    if (log === undefined) return { kind: 'wrong-usage', message: 'name the folder of the log with --log' };
    try {
      await access(log);
    } catch {
      return {
        kind: 'failed',
        message: `there is no folder ${log}`,
        fix: 'run.json of a running region names it',
      };
    }
    const found = await keysOf(input, log);
    return found.ok ? work(input, log, found.pinned) : found.outcome;
  },
};

type Task = (input: CommandInput, log: string, pinned: PinnedKeys) => Promise<Outcome>;

const tasks = new Map<string, Task>([
  ['verify', verify],
  ['witness', witness],
]);

async function keysOf(
  { options }: CommandInput,
  log: string,
): Promise<{ ok: true; pinned: PinnedKeys } | { ok: false; outcome: Outcome }> {
  const read = openLogFolder(log);
  const file = textOption(options, 'key');
  if (file === undefined) return { ok: true, pinned: await findKeys(log, dataDirOf(options), read) };
  const keys = await readKeyFile(file, await claimedOrigin(read)).catch(() => undefined);
  return keys
    ? { ok: true, pinned: { keys, isPinned: true } }
    : { ok: false, outcome: { kind: 'failed', message: `${file} holds no key that could sign a log` } };
}

async function verify(
  { options, terminal }: CommandInput,
  log: string,
  pinned: PinnedKeys,
): Promise<Outcome> {
  const since = textOption(options, 'since');
  if (since !== undefined && Number.isNaN(Date.parse(since)))
    return { kind: 'wrong-usage', message: '--since takes a date or an instant, such as 2026-11-21' };
  let progress: Progress | undefined;
  const report = await verifyLog({
    read: openLogFolder(log),
    keys: pinned.keys,
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    onProgress(done, total) {
      progress ??= startProgress(terminal, 'Verified entries', total);
      progress.show(done);
    },
  });
  progress?.finish();
  return describe(report, pinned);
}

function describe(report: LogReport, { isPinned, keys }: PinnedKeys): Outcome {
  const [first] = report.findings;
  const json = { ok: first === undefined, pinned: isPinned, ...summary(report) };
  if (first) {
    const place = first.index === undefined ? 'the log as a whole' : `entry ${first.index}`;
    const more = report.findings.length - 1;
    return {
      kind: 'failed',
      message: `${first.kind} at ${place}: ${first.what}${more > 0 ? ` (and ${more} more)` : ''}`,
      fix: 'keep this copy as it is, and ask whoever runs the region; docs/audit-log.md says what each finding means',
      json: { ...json, firstBadIndex: first.index ?? null },
    };
  }
  return {
    kind: 'done',
    text: [
      `The log is whole: ${report.checkpoint?.size} entries of ${report.checkpoint?.origin}`,
      `Root       ${report.checkpoint?.root.toString('base64')}`,
      `Read       ${report.entries} entries, every writer's chain`,
      ...(report.unsettled > 0 ? [`Unsettled  ${report.unsettled} of the last minute`] : []),
      ...report.silences.map(
        ({ from, to }) => `Silence    ${from} to ${to}: nothing ran, not even the clock`,
      ),
      isPinned
        ? `Keys       ${keys.map(({ keyId, publicKey }) => `${keyId.toString('hex')} (${kindOfKey(publicKey)})`).join(', ')}, pinned`
        : 'Keys       NOT PINNED: the log brought them along. This shows one piece, not whose. Name a key with --key.',
    ].join('\n'),
    json,
  };
}

/** A log that was made anew differs in every entry; the first of them say as much. */
const mostFindings = 100;

function summary({ checkpoint, entries, findings, silences, unsettled }: LogReport) {
  return {
    ...(checkpoint && written(checkpoint)),
    entries,
    unsettled,
    silences,
    findingCount: findings.length,
    findings: findings.slice(0, mostFindings),
  };
}

function written({ origin, root, size }: Checkpoint) {
  return { origin, size, root: root.toString('base64') };
}

async function witness({ options }: CommandInput, log: string, { keys }: PinnedKeys): Promise<Outcome> {
  const state = textOption(options, 'state');
  if (state === undefined)
    return { kind: 'wrong-usage', message: 'name the file of the head that was seen last with --state' };
  const read = openLogFolder(log);
  const seen = await readWitnessed(state);
  const note = await read('checkpoint');
  const report = await verifyLog({
    // The head that is checked is the one that is kept, whatever is published meanwhile.
    read: (file) => (file === 'checkpoint' ? Promise.resolve(note) : read(file)),
    keys: seen ? onlyFor(seen, keys) : keys,
    hashesOnly: true,
    ...(seen && { seen }),
  });
  const [first] = report.findings;
  const json = { ok: first === undefined, ...summary(report), ...(seen && { seen: written(seen) }) };
  if (first || !report.checkpoint || !note)
    return {
      kind: 'failed',
      message: `refused, ${first?.kind}: ${first?.what}`,
      fix: `${state} keeps the head that was seen before: it is the evidence`,
      json,
    };
  await keepWitnessed(state, note);
  return {
    kind: 'done',
    text: `Seen: ${report.checkpoint.size} entries of ${report.checkpoint.origin}${seen ? `, which begin with the ${seen.size} seen before` : ''}`,
    json,
  };
}

/** A witness watches over one log: another's head is a foreign one. */
function onlyFor({ origin }: Checkpoint, keys: readonly NoteKey[]): NoteKey[] {
  return keys.filter(({ name }) => name === origin);
}
