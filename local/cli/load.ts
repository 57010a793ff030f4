import { type ColumnMap, parseColumnMap } from '../csv/column-map.ts';
import { CsvProblem } from '../csv/read-people.ts';
import {
  type Command,
  dataDirOf,
  dataOption,
  type OptionValues,
  type Outcome,
  textOption,
} from './command.ts';
import { isMessageFile, loadMessages } from './feed/load-messages.ts';
import { loadResources, unpackFiles } from './feed/load-resources.ts';
import { loadRowFiles } from './feed/load-rows.ts';
import { addTallies, type LoadSummary, summarise } from './feed/load-summary.ts';
import { openLoader } from './feed/open-loader.ts';
import { isRowFile } from './feed/read-feed-rows.ts';
import type { Rejection } from './feed/resource-item.ts';
import { joinUnpacked, type UnpackedFile } from './feed/unpack-file.ts';
import { walkFiles } from './feed/walk-files.ts';
import { formatTable } from './format-table.ts';
import { openRegion, tokenForUser } from './open-region.ts';
import { type Progress, startProgress } from './progress.ts';
import { RegionUnreachable } from './region-client.ts';
import { tokenSource } from './token-source.ts';

/** What keeps a local region of two processors busy. */
const defaultParallel = 4;

/** An initial load decides one transaction at a time; this many share the way to the table. */
const initialParallel = 32;

/** `towpath load`: feeds files into the region as one organisation. */
export const loadCommand: Command = {
  name: 'load',
  summary: 'feed FHIR, HL7 v2 or CSV files into the region as one organisation',
  usage: 'PATH… [--org ODS] [--as USER] [--map THEIRS=OURS,…] [--numbers-verified] [--initial] [--data DIR]',
  options: {
    org: { type: 'string', about: "ODS code of the sending organisation (default: the user's own)" },
    as: { type: 'string', about: 'demo user who sends (default feed)' },
    map: { type: 'string', about: 'columns of a CSV file by other names: rec_id=id,surname=family' },
    'numbers-verified': {
      type: 'boolean',
      about: 'the NHS numbers of CSV files are traced (status 01); else they are claims, held in quarantine',
    },
    initial: {
      type: 'boolean',
      about: 'fill an index that holds nobody, faster: the same links, by the same code beside the API',
    },
    parallel: {
      type: 'string',
      about: `transactions of CSV or NDJSON rows under way at a time (default ${defaultParallel})`,
    },
    ...dataOption,
  },
  takesPaths: true,
  async run({ options, positionals, terminal }): Promise<Outcome> {
    if (positionals.length === 0) return { kind: 'wrong-usage', message: 'name at least one file or folder' };
    const checked = checkOptions(options);
    if (!checked.ok) return { kind: 'wrong-usage', message: checked.message };
    const { map, organisation, parallel } = checked;
    const dataDir = dataDirOf(options);
    const opened = await openRegion(dataDir);
    if (!opened.ok) return opened.outcome;
    const walked = await walkFiles(positionals);
    if (!walked.ok)
      return { kind: 'failed', message: `there is no ${walked.missing}`, fix: 'check the path' };
    const first = await tokenForUser(opened.region, textOption(options, 'as') ?? 'feed', { organisation });
    if (!first.ok) return first.outcome;

    const isInitial = options.initial === true;
    const loading = await openLoader(opened.region, first.caller, dataDir, isInitial);
    if (!loading.ok) return loading.outcome;

    const interruption = new AbortController();
    const interrupt = () => interruption.abort();
    process.once('SIGINT', interrupt);
    let rowProgress: Progress | undefined;
    let resourceProgress: Progress | undefined;
    const rowFiles = walked.files.filter(isRowFile);
    const others: UnpackedFile[] = [];
    const sending = {
      client: loading.loader.client,
      token: tokenSource(opened.region, first.caller, first.token),
      signal: interruption.signal,
      reading: {
        map,
        areNumbersVerified: options['numbers-verified'] === true,
        onOther: (unpacked: UnpackedFile) => others.push(unpacked),
      },
    };
    try {
      const rows = await loadRowFiles(rowFiles, {
        ...sending,
        dataDir,
        organisation: first.caller.organisation,
        parallel: isInitial ? initialParallel : parallel,
        onProgress(done, total) {
          rowProgress ??= startProgress(terminal, 'Loading people: row', total);
          rowProgress.show(done);
        },
      });
      let { complete, failure, tally } = rows;
      if (complete) {
        const unpacked = joinUnpacked([...others, await unpackFiles(walked.files.filter(isOther))]);
        try {
          await loadResources(unpacked, {
            ...sending,
            rowFiles,
            onAnswer(more) {
              tally = addTallies(tally, more);
            },
            onProgress(done, total) {
              resourceProgress ??= startProgress(terminal, 'Sending patients: transaction', total);
              resourceProgress.show(done);
            },
          });
          await loadMessages(walked.files.filter(isMessageFile), {
            ...sending,
            onAnswer(more) {
              tally = addTallies(tally, more);
            },
          });
        } catch (error) {
          failure = error;
        }
        complete = failure === undefined && !interruption.signal.aborted;
        if (complete) await loading.loader.finish();
      }
      const sent = { organisation: first.caller.organisation, files: walked.files.length };
      const summary = summarise(sent, tally, rows.earlier);
      if (!complete) return describeInterruption(summary, failure);
      return { kind: 'done', text: describe(summary), json: summary };
    } finally {
      rowProgress?.finish();
      resourceProgress?.finish();
      process.off('SIGINT', interrupt);
    }
  },
};

const isOther = (file: string) => !isRowFile(file) && !isMessageFile(file);

function checkOptions(options: OptionValues):
  | {
      readonly ok: true;
      readonly organisation: string | undefined;
      readonly map: ColumnMap;
      readonly parallel: number;
    }
  | { readonly ok: false; readonly message: string } {
  const organisation = textOption(options, 'org')?.toUpperCase();
  if (organisation !== undefined && !/^[A-Z0-9]{3,10}$/.test(organisation))
    return { ok: false, message: '--org takes an ODS code: 3 to 10 letters and digits' };
  const parallel = textOption(options, 'parallel') ?? String(defaultParallel);
  if (!/^([1-9]|[1-9]\d|100)$/.test(parallel))
    return { ok: false, message: '--parallel takes a number from 1 to 100' };
  const mapText = textOption(options, 'map');
  const map = mapText === undefined ? { ok: true as const, map: new Map() } : parseColumnMap(mapText);
  if (!map.ok) return { ok: false, message: map.reason };
  return { ok: true, organisation, map: map.map, parallel: Number(parallel) };
}

/** What ended a load before its end; every other error is a defect. */
function describeInterruption(summary: LoadSummary, failure: unknown): Outcome {
  const json = { ...summary, complete: false };
  if (failure === undefined)
    return {
      kind: 'failed',
      message: `interrupted after ${summary.accepted} resources`,
      fix: 'the same command goes on from there',
      json,
    };
  if (failure instanceof RegionUnreachable)
    return {
      kind: 'failed',
      message: failure.message,
      fix: 'start the region (npm start), then load again: it goes on where it was',
      json,
    };
  if (failure instanceof CsvProblem)
    return {
      kind: 'failed',
      message: failure.message,
      fix: 'mend the file, or name its columns with --map',
      json,
    };
  throw failure;
}

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
    ['  set aside', summary.setAside],
    ['queued for review', summary.queuedForReview],
    ['rejected', summary.rejectedCount],
    ...(summary.resumed > 0 ? [['of these, by an earlier run', summary.resumed] as const] : []),
  ];
  return [
    `Sent as ${summary.organisation}`,
    formatTable(counts.map(([label, count]) => [label, String(count)])),
    ...describeList('Held in quarantine or set aside, served to nobody:', summary.quarantine),
    ...describeList('Rejected:', summary.rejected),
    ...(summary.rejectedCount > 0
      ? ['', 'What the region itself refused is kept as it came: towpath rejects']
      : []),
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
