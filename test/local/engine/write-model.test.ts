import {
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine } from '../../../local/engine/index.ts';
import { record, startForTest } from './engine-fixture.ts';

interface Key {
  PK: string;
  SK: string;
}
/** An item of the model; `count` may hold a number or, put there on purpose, a text that ADD refuses. */
interface Row extends Key {
  count?: number | string;
  group?: string;
  colour?: string;
}
type Condition = 'none' | 'exists' | 'absent' | 'oneOrMore';
type Write = { key: Key; condition: Condition } & (
  | { verb: 'Put'; attributes: Omit<Row, keyof Key> }
  | { verb: 'Add'; amount: number }
  | { verb: 'Group'; group: string }
  | { verb: 'Ungroup' }
  | { verb: 'Delete' }
);
type Check = { verb: 'ConditionCheck'; key: Key; condition: Exclude<Condition, 'none'> };
type Step =
  | { kind: 'single'; write: Write }
  | { kind: 'batch'; writes: Write[] }
  | { kind: 'transaction'; writes: (Write | Check)[] };
/** The names of exceptions and the codes of cancellation reasons; `done` where the step succeeded. */
type Outcome = 'done' | 'ValidationException' | 'ConditionalCheckFailedException' | readonly string[];
type Model = ReadonlyMap<string, Row>;

const partitions = ['A', 'B'];
const groups = ['red', 'green'];

const key: fc.Arbitrary<Key> = fc.record({
  PK: fc.constantFrom(...partitions),
  SK: fc.constantFrom('1', '2', '3', '4', '5'),
});
const condition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('none' as const) },
  { weight: 1, arbitrary: fc.constantFrom('exists' as const, 'absent' as const, 'oneOrMore' as const) },
);
const count = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -2, max: 3 }) },
  { weight: 1, arbitrary: fc.constant('many') },
);
const attributes = fc.record(
  { count, group: fc.constantFrom(...groups), colour: fc.constantFrom(...groups) },
  { requiredKeys: [] },
);
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ verb: fc.constant('Put' as const), key, condition, attributes }),
  fc.record({ verb: fc.constant('Add' as const), key, condition, amount: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ verb: fc.constant('Group' as const), key, condition, group: fc.constantFrom(...groups) }),
  fc.record({ verb: fc.constant('Ungroup' as const), key, condition: fc.constant('exists' as const) }),
  fc.record({ verb: fc.constant('Delete' as const), key, condition }),
);
const check: fc.Arbitrary<Check> = fc.record({
  verb: fc.constant('ConditionCheck' as const),
  key,
  condition: fc.constantFrom('exists' as const, 'absent' as const, 'oneOrMore' as const),
});
const textOf = ({ PK, SK }: Key) => `${PK} ${SK}`;
const several = <T extends { key: Key }>(one: fc.Arbitrary<T>, maxLength: number) =>
  fc.uniqueArray(one, { minLength: 1, maxLength, selector: (member) => textOf(member.key) });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('single' as const), write }),
  fc.record({ kind: fc.constant('batch' as const), writes: several(write, 4) }),
  fc.record({ kind: fc.constant('transaction' as const), writes: several(fc.oneof(write, check), 5) }),
  // Now and then one item twice.
  fc.record({
    kind: fc.constant('transaction' as const),
    writes: fc.array(write, { minLength: 2, maxLength: 3 }),
  }),
);

// The model: what DynamoDB's documentation says of each step, on a plain map.

function holds(wanted: Condition, row: Row | undefined): boolean {
  switch (wanted) {
    case 'none':
      return true;
    case 'exists':
      return row !== undefined;
    case 'absent':
      return row === undefined;
    case 'oneOrMore':
      return typeof row?.count === 'number' && row.count >= 1;
  }
}

function applyToModel(model: Model, one: Write | Check): { reason: string; row: Row | undefined } {
  const row = model.get(textOf(one.key));
  if (!holds(one.condition, row)) return { reason: 'ConditionalCheckFailed', row };
  const kept: Row = row ?? one.key;
  switch (one.verb) {
    case 'ConditionCheck':
      return { reason: 'None', row };
    case 'Put':
      return { reason: 'None', row: { ...one.key, ...one.attributes } };
    case 'Add':
      if (typeof kept.count === 'string') return { reason: 'ValidationError', row };
      return { reason: 'None', row: { ...kept, count: (kept.count ?? 0) + one.amount } };
    case 'Group':
      return { reason: 'None', row: { ...kept, group: one.group } };
    case 'Ungroup': {
      const { group: _removed, ...rest } = kept;
      return { reason: 'None', row: rest };
    }
    case 'Delete':
      return { reason: 'None', row: undefined };
  }
}

function takeStep(model: Model, taken: Step): { outcome: Outcome; model: Model } {
  const writes = listWrites(taken);
  if (new Set(writes.map((one) => textOf(one.key))).size < writes.length) {
    return { outcome: 'ValidationException', model };
  }
  const results = writes.map((one) => ({ one, ...applyToModel(model, one) }));
  const reasons = results.map(({ reason }) => reason);
  if (reasons.some((reason) => reason !== 'None')) {
    if (taken.kind === 'transaction') return { outcome: reasons, model };
    const isCondition = reasons[0] === 'ConditionalCheckFailed';
    return { outcome: isCondition ? 'ConditionalCheckFailedException' : 'ValidationException', model };
  }
  const next = new Map(model);
  for (const { one, row } of results) {
    if (row) next.set(textOf(one.key), row);
    else next.delete(textOf(one.key));
  }
  return { outcome: 'done', model: next };
}

/** A batch can neither update nor check: its members become unconditional puts and deletes. */
function listWrites(taken: Step): (Write | Check)[] {
  if (taken.kind === 'single') return [taken.write];
  if (taken.kind === 'transaction') return taken.writes;
  return taken.writes.map((one) =>
    one.verb === 'Put'
      ? { ...one, condition: 'none' as const }
      : { verb: 'Delete' as const, key: one.key, condition: 'none' as const },
  );
}

// The engine: the same step through the SDK.

function toParameters(TableName: string, one: Write | Check) {
  const expression = {
    none: undefined,
    exists: 'attribute_exists(PK)',
    absent: 'attribute_not_exists(PK)',
    oneOrMore: '#count >= :one',
  }[one.condition];
  const update = {
    Add: 'ADD #count :amount',
    Group: 'SET #group = :group',
    Ungroup: 'REMOVE #group',
    Put: undefined,
    Delete: undefined,
    ConditionCheck: undefined,
  }[one.verb];
  const text = `${expression} ${update}`;
  const names = { '#count': 'count', '#group': 'group' };
  const values = {
    ':one': 1,
    ':amount': one.verb === 'Add' ? one.amount : undefined,
    ':group': one.verb === 'Group' ? one.group : undefined,
  };
  const used = (placeholders: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(placeholders).filter(([name]) => text.includes(name)));
  const [usedNames, usedValues] = [used(names), used(values)];
  return {
    TableName,
    ...(expression !== undefined && { ConditionExpression: expression }),
    ...(Object.keys(usedNames).length > 0 && {
      ExpressionAttributeNames: usedNames as Record<string, string>,
    }),
    ...(Object.keys(usedValues).length > 0 && { ExpressionAttributeValues: usedValues }),
    ...(update !== undefined && { UpdateExpression: update }),
  };
}

function toTransactItem(TableName: string, one: Write | Check) {
  const { ConditionExpression = '', UpdateExpression = '', ...parameters } = toParameters(TableName, one);
  const conditional = { ...parameters, ...(ConditionExpression !== '' && { ConditionExpression }) };
  switch (one.verb) {
    case 'ConditionCheck':
      return { ConditionCheck: { ...parameters, Key: one.key, ConditionExpression } };
    case 'Put':
      return { Put: { ...conditional, Item: { ...one.key, ...one.attributes } } };
    case 'Delete':
      return { Delete: { ...conditional, Key: one.key } };
    default:
      return { Update: { ...conditional, Key: one.key, UpdateExpression } };
  }
}

async function sendStep(documents: DynamoDBDocumentClient, TableName: string, taken: Step): Promise<void> {
  if (taken.kind === 'batch') {
    const requests = listWrites(taken).map((one) =>
      one.verb === 'Put'
        ? { PutRequest: { Item: { ...one.key, ...one.attributes } } }
        : { DeleteRequest: { Key: one.key } },
    );
    await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }));
    return;
  }
  if (taken.kind === 'transaction') {
    const TransactItems = taken.writes.map((one) => toTransactItem(TableName, one));
    await documents.send(new TransactWriteCommand({ TransactItems }));
    return;
  }
  const { Put, Update, Delete } = toTransactItem(TableName, taken.write);
  if (Put) await documents.send(new PutCommand(Put));
  else if (Update) await documents.send(new UpdateCommand(Update));
  else if (Delete) await documents.send(new DeleteCommand(Delete));
}

async function readOutcome(step: Promise<void>): Promise<Outcome> {
  try {
    await step;
    return 'done';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'TransactionCanceledException' && 'CancellationReasons' in error) {
      return (error.CancellationReasons as { Code: string }[]).map(({ Code }) => Code);
    }
    if (error.name === 'ConditionalCheckFailedException' || error.name === 'ValidationException')
      return error.name;
    throw error;
  }
}

const sortRows = (rows: Row[]) => rows.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));

async function queryIndex(
  documents: DynamoDBDocumentClient,
  TableName: string,
  index: { IndexName: string; attribute: string },
  value: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName,
        IndexName: index.IndexName,
        KeyConditionExpression: '#attribute = :value',
        ExpressionAttributeNames: { '#attribute': index.attribute },
        ExpressionAttributeValues: { ':value': value },
        // Small pages, so that paging is tried too.
        Limit: 2,
        ExclusiveStartKey: start,
      }),
    );
    rows.push(...((page.Items ?? []) as Row[]));
    start = page.LastEvaluatedKey;
  } while (start);
  return rows;
}

/** A stream's changes as pairs of images, in wire form. */
async function readChanges(engine: Engine, tableName: string) {
  const records = await engine.readStream(tableName, { limit: 1000 });
  return records.map(({ dynamodb: { OldImage, NewImage } }) => ({ before: OldImage, after: NewImage }));
}

function toWire(row: Row | undefined) {
  if (!row) return undefined;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: String(value) },
    ]),
  );
}

test('any sequence of writes leaves the table, its indexes, its stream and the answers as the model says', async () => {
  const { engine, documents } = await startForTest();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      runs += 1;
      const TableName = `record-${runs}`;
      await engine.createTable({ ...record, name: TableName });
      let model: Model = new Map();
      const changes: { before: Row | undefined; after: Row | undefined }[] = [];
      for (const taken of steps) {
        const expected = takeStep(model, taken);
        expect(await readOutcome(sendStep(documents, TableName, taken))).toEqual(expected.outcome);
        if (expected.outcome === 'done') {
          for (const { key: one } of listWrites(taken)) {
            const [before, after] = [model.get(textOf(one)), expected.model.get(textOf(one))];
            if (JSON.stringify(toSorted(before)) !== JSON.stringify(toSorted(after)))
              changes.push({ before, after });
          }
        }
        model = expected.model;
      }

      const rows = sortRows([...model.values()]);
      const scanned = await documents.send(new ScanCommand({ TableName }));
      expect(sortRows((scanned.Items ?? []) as Row[])).toEqual(rows);
      for (const value of groups) {
        const byGroup = await queryIndex(
          documents,
          TableName,
          { IndexName: 'byGroup', attribute: 'group' },
          value,
        );
        expect(byGroup.map(({ SK }) => SK)).toEqual(byGroup.map(({ SK }) => SK).sort());
        expect(sortRows(byGroup)).toEqual(rows.filter(({ group }) => group === value));
        const byColour = await queryIndex(
          documents,
          TableName,
          { IndexName: 'byColour', attribute: 'colour' },
          value,
        );
        expect(sortRows(byColour)).toEqual(rows.filter(({ colour }) => colour === value));
      }
      const keys = partitions.flatMap((PK) => ['1', '2', '3', '4', '5'].map((SK) => ({ PK, SK })));
      const { Responses } = await documents.send(
        new TransactGetCommand({ TransactItems: keys.map((Key) => ({ Get: { TableName, Key } })) }),
      );
      expect(Responses?.map(({ Item }) => Item)).toEqual(keys.map((one) => model.get(textOf(one))));
      expect(await readChanges(engine, TableName)).toEqual(
        changes.map(({ before, after }) => ({ before: toWire(before), after: toWire(after) })),
      );
    }),
    { numRuns: 80, seed: 20_261_121 },
  );
});

function toSorted(row: Row | undefined) {
  return row && Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
}
