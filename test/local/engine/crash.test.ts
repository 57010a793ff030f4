import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  type AttributeValue,
  type DynamoDBClient,
  paginateQuery,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../local/engine/index.ts';
import { connect, makeFolder, record } from './engine-fixture.ts';

const ROUNDS = 4;
const NUMBERS_PER_ROUND = 100_000;
const TableName = record.name;

/** An item in wire form, the form of the images in a stream. */
type Row = Record<string, AttributeValue>;

const keyOf = (row: Row) => `${row.PK?.S} ${row.SK?.S}`;

/** Runs the writer and kills it once it has acknowledged so many transactions; all that it acknowledged. */
async function writeUntilKilled(folder: string, start: number, acknowledgements: number): Promise<number[]> {
  const writer = spawn(
    process.execPath,
    [fileURLToPath(new URL('./crash-writer.ts', import.meta.url)), folder, String(start)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(writer, 'exit');
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === acknowledgements) writer.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return acknowledged;
}

async function scanTable(wire: DynamoDBClient): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of paginateScan({ client: wire }, { TableName })) {
    rows.push(...(page.Items ?? []));
  }
  return sortRows(rows);
}

async function queryGroup(wire: DynamoDBClient, group: string): Promise<Row[]> {
  const rows: Row[] = [];
  const query = {
    TableName,
    IndexName: 'byGroup',
    KeyConditionExpression: '#group = :group',
    ExpressionAttributeNames: { '#group': 'group' },
    ExpressionAttributeValues: { ':group': { S: group } },
  };
  for await (const page of paginateQuery({ client: wire }, query)) {
    rows.push(...(page.Items ?? []));
  }
  return sortRows(rows);
}

/** The table as the stream tells it, from its first record on. */
async function replayStream(engine: Engine): Promise<Row[]> {
  const rows = new Map<string, Row>();
  let after: string | undefined;
  for (;;) {
    const records = await engine.readStream(TableName, { limit: 500, ...(after !== undefined && { after }) });
    for (const { dynamodb } of records) {
      const key = keyOf(dynamodb.Keys as Row);
      expect(dynamodb.OldImage).toEqual(rows.get(key));
      if (dynamodb.NewImage) rows.set(key, dynamodb.NewImage as Row);
      else rows.delete(key);
    }
    after = records.at(-1)?.dynamodb.SequenceNumber;
    if (after === undefined) return sortRows([...rows.values()]);
  }
}

function sortRows(rows: Row[]): Row[] {
  return rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The numbers of the transactions in the table; fails when one is not whole. */
function listWholeTransactions(rows: Row[]): number[] {
  const parts = Map.groupBy(
    rows.filter(({ PK }) => PK?.S?.startsWith('T#')),
    ({ PK }) => Number(PK?.S?.slice(2)),
  );
  for (const [number, found] of parts) expect({ number, parts: found.length }).toEqual({ number, parts: 3 });
  return [...parts.keys()].sort((a, b) => a - b);
}

test('a process killed in mid-write loses nothing it acknowledged, and leaves no half of a transaction', async () => {
  const folder = await makeFolder();
  const counts = fc.sample(fc.integer({ min: 1, max: 100 }), { seed: 20_261_121, numRuns: ROUNDS });
  const acknowledged: number[] = [];
  for (const [round, count] of counts.entries()) {
    acknowledged.push(...(await writeUntilKilled(folder, round * NUMBERS_PER_ROUND, count)));

    const engine = await startEngine({ dir: folder });
    const { wire } = connect(engine.endpoint);
    try {
      await engine.createTable(record);
      const rows = await scanTable(wire);
      const written = listWholeTransactions(rows);
      expect(written).toEqual(expect.arrayContaining(acknowledged));
      const counted = rows
        .filter(({ PK }) => PK?.S === 'COUNTER')
        .reduce((sum, row) => sum + Number(row.written?.N), 0);
      expect(counted).toBe(written.length);
      for (const group of ['G#0', 'G#1', 'G#2', 'MOVED']) {
        expect(await queryGroup(wire, group)).toEqual(rows.filter((row) => row.group?.S === group));
      }
      expect(await replayStream(engine)).toEqual(rows);
    } finally {
      wire.destroy();
      await engine.close();
    }
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(counts.reduce((sum, count) => sum + count, 0));
}, 60_000);
