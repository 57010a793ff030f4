import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { containMedications } from '../../functions/formats/fhir/contain-medications.ts';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { groupTransactions } from './feed/group-transactions.ts';
import { type LoadSummary, startSummary } from './feed/load-summary.ts';
import type { Rejection } from './feed/resource-item.ts';
import { sendTransaction } from './feed/send-transaction.ts';
import { unpackFile } from './feed/unpack-file.ts';
import { walkFiles } from './feed/walk-files.ts';
import { formatTable } from './format-table.ts';
import { openRegion, tokenForUser } from './open-region.ts';
import { startProgress } from './progress.ts';
import { RegionUnreachable, regionClient } from './region-client.ts';

/** Tokens live for an hour: long loads take a new one now and then. */
const transactionsPerToken = 2000;

/** `towpath load`: feeds files into the region as one organisation. */
export const loadCommand: Command = {
  name: 'load',
  summary: 'feed FHIR files into the region as one organisation',
  usage: 'PATH… [--org ODS] [--as USER] [--data DIR]',
  options: {
    org: { type: 'string', about: "ODS code of the sending organisation (default: the user's own)" },
    as: { type: 'string', about: 'demo user who sends (default feed)' },
    ...dataOption,
  },
  takesPaths: true,
  async run({ options, positionals, terminal }): Promise<Outcome> {
    if (positionals.length === 0) return { kind: 'wrong-usage', message: 'name at least one file or folder' };
    const organisation = textOption(options, 'org')?.toUpperCase();
    if (organisation !== undefined && !/^[A-Z0-9]{3,10}$/.test(organisation))
      return { kind: 'wrong-usage', message: '--org takes an ODS code: 3 to 10 letters and digits' };
    const opened = await openRegion(dataDirOf(options));
    if (!opened.ok) return opened.outcome;
    const walked = await walkFiles(positionals);
    if (!walked.ok)
      return { kind: 'failed', message: `there is no ${walked.missing}`, fix: 'check the path' };
    const user = textOption(options, 'as') ?? 'feed';
    const first = await tokenForUser(opened.region, user, { organisation });
    if (!first.ok) return first.outcome;
    const { caller } = first;

    const summary = startSummary(caller.organisation, walked.files.length);
    const unpacked = await Promise.all(
      walked.files.map(async (file) => unpackFile(file, await readFile(file, 'utf8'))),
    );
    for (const { rejected } of unpacked) summary.reject(rejected);
    const medications = new Map(unpacked.flatMap((file) => [...(file.medications ?? [])]));
    const items = unpacked.flatMap((file) => file.items);
    const { groups, rejected } = groupTransactions(
      items.map((item) => ({ ...item, resource: containMedications(item.resource, medications) })),
    );
    summary.reject(rejected);

    const client = regionClient(opened.region.found.baseUrl);
    const progress = startProgress(terminal, 'Sending patients: transaction', groups.length);
    let token = first.token;
    try {
      for (const [index, group] of groups.entries()) {
        if (index > 0 && index % transactionsPerToken === 0)
          token = await opened.region.tokenFor({ ...caller, tokenId: randomUUID() });
        summary.add(await sendTransaction(client, token, group));
        progress.show(index + 1);
      }
    } catch (error) {
      if (!(error instanceof RegionUnreachable)) throw error;
      const json = { ...summary.read(), complete: false };
      return {
        kind: 'failed',
        message: error.message,
        fix: 'start the region (npm start), then load again: what is held already stays as it is',
        json,
      };
    } finally {
      progress.finish();
    }
    const done = summary.read();
    return { kind: 'done', text: describe(done), json: done };
  },
};

function describe(summary: LoadSummary): string {
  const counts: (readonly [string, number])[] = [
    ['files', summary.files],
    ['resources accepted', summary.accepted],
    ['  people created', summary.personsCreated],
    ['  linked to a person already known', summary.linked],
    ['  updated', summary.updated],
    ['  entries stored', summary.entriesStored],
    ['  unchanged', summary.unchanged],
    ['  older than what is held', summary.stale],
    ['  in quarantine', summary.quarantined],
    ['queued for review as possible duplicates', summary.queuedForReview],
    ['rejected', summary.rejected.length],
  ];
  return [
    `Sent as ${summary.organisation}`,
    formatTable(counts.map(([label, count]) => [label, String(count)])),
    ...describeList('Held in quarantine, served to nobody:', summary.quarantine),
    ...describeList('Rejected:', summary.rejected),
  ].join('\n');
}

/** Examples shown of one reason; `--json` lists all. */
const shownPerReason = 4;

function describeList(title: string, rejections: readonly Rejection[]): string[] {
  const byReason = Map.groupBy(rejections, ({ reason }) => reason);
  return [
    ...(byReason.size > 0 ? ['', title] : []),
    ...[...byReason].flatMap(([reason, rows]) => [
      `  ${rows.length} × ${reason}`,
      ...rows.slice(0, shownPerReason).map(({ file, resource }) => `      ${file}: ${resource}`),
      ...(rows.length > shownPerReason
        ? [`      … and ${rows.length - shownPerReason} more (--json lists all)`]
        : []),
    ]),
  ];
}
