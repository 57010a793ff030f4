// Read units and store calls of a match in an index of 10 thousand to 60 million made-up people, by AWS's rules:
// `node bench/match-units.ts [MOST_PEOPLE]` (default 1,000,000; 60,000,000 takes about half an hour) prints a table,
// then the same figures as JSON. The same queries are asked at every size, of people who are in the index and of people
// who are not.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Demographics } from '../functions/domain/identity/demographics.ts';
import { comparisonFields } from '../functions/domain/matching/comparison-fields.ts';
import { matchPatient } from '../functions/usecases/match-patient.ts';
import { loadRegions } from '../lib/config/load-regions.ts';
import { seededRandom } from '../local/demo/random.ts';
import { inProcessHandler } from '../local/engine/in-process-handler.ts';
import { type Capacity, CapacityMeter } from '../local/measure/capacity-meter.ts';
import { openFreshRegion } from '../local/measure/fresh-region.ts';
import { mean, quantile } from '../local/measure/match-figures.ts';
import { readQuery } from '../local/measure/measure-match.ts';
import { askerOf, openRegister } from '../local/measure/register-people.ts';
import { type MadePerson, makePopulation } from './people/population.ts';
import { makeRecord } from './people/records.ts';
import { SampledIndex, type Templates } from './units/sampled-index.ts';

const seed = 20_261_121;
const queriesOfEach = 150;
/** Everybody asked for is among the first of the index, so that the same queries fit every size. */
const smallest = 10_000;
const sizes = [smallest, 100_000, 1_000_000, 10_000_000, 60_000_000];

const mostPeople = Number(process.argv[2] ?? 1_000_000);
const config = (await loadRegions()).get('london');
if (!config || !Number.isSafeInteger(mostPeople))
  throw new Error('usage: node bench/match-units.ts [PEOPLE]');
const region = await openFreshRegion(config.policy);

const random = seededRandom(seed);
const present = sample([...makePopulation({ seed, people: smallest })], queriesOfEach);
const absent = sample([...makePopulation({ seed: seed + 1, people: smallest })], queriesOfEach);
const queries = [...present, ...absent].map((person) => {
  // Without a number: a number is found by one GetItem, and demographics are what grows with the index.
  const { nhsNumber: _, ...record } = makeRecord(person, person.id, random);
  return readQuery({ row: 0, ...record });
});
const templates = await makeTemplates();
const index = new SampledIndex(
  region.store,
  templates,
  queries.flatMap(({ demographics }) => comparisonFields(demographics)),
);
const meter = new CapacityMeter(index.answer);
const client = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    region: 'eu-west-2',
    endpoint: 'http://localhost',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: inProcessHandler(meter),
  }),
);

const figures: Record<string, number | null>[] = [];
for (const person of makePopulation({ seed, people: mostPeople })) {
  index.add(demographicsOf(person));
  if (index.people % 1_000_000 === 0) console.error(`${index.people / 1_000_000} million people`);
  if (!sizes.includes(index.people)) continue;
  const figure = await measure();
  figures.push(figure);
  console.error(JSON.stringify(figure));
}
await region.close();
console.log(`Node ${process.version}, ${queries.length} queries, half of them about people in the index`);
console.table(figures);
console.log(JSON.stringify({ node: process.version, seed, queries: queries.length, figures }));

function sample(people: readonly MadePerson[], count: number): MadePerson[] {
  return Array.from({ length: count }, () => people[Math.floor(random() * people.length)] as MadePerson);
}

function demographicsOf({ birthDate, family, gender, given, middle, ...rest }: MadePerson): Demographics {
  const { addressLine, email, phone, postcode } = rest;
  return {
    names: [{ family, given: middle === undefined ? [given] : [given, middle] }],
    birthDate,
    gender,
    postcode,
    addressLine,
    ...(phone !== undefined && { phones: [phone] }),
    ...(email !== undefined && { emails: [email] }),
    deceased: false,
    restricted: false,
  };
}

/** What ordinary registration stores of one made-up person. */
async function makeTemplates(): Promise<Templates> {
  const [person] = makePopulation({ seed, people: 1 });
  if (!person) throw new Error('nobody was made');
  await openRegister(region).add({ row: 1, ...makeRecord(person, person.id, random) });
  const { client: own, recordTable } = region.store;
  const { Items = [] } = await own.send(new ScanCommand({ TableName: recordTable }));
  const of = (type: string) => Items.find((item) => item.type === type) ?? {};
  return { person: of('Person'), sourceRecord: of('SourceRecord') };
}

async function measure(): Promise<Record<string, number | null>> {
  const asker = askerOf(region);
  const counted: Capacity[] = [];
  // A store of its own for each size: what it remembers of the index is of that size.
  const store = { ...region.store, client };
  for (const query of queries) {
    meter.lap();
    await matchPatient({ ...region, store }, asker, query);
    counted.push(meter.lap());
  }
  const of = (name: keyof Capacity) => counted.map((one) => one[name]).sort((a, b) => a - b);
  const rounded = (value: number | null) => value && Math.round(value * 100) / 100;
  return {
    people: index.people,
    'read units': rounded(mean(of('readUnits'))),
    'p95 units': quantile(of('readUnits'), 0.95),
    'most units': of('readUnits').at(-1) ?? null,
    'store calls': rounded(mean(of('calls'))),
    'most calls': of('calls').at(-1) ?? null,
    candidates: rounded(mean(of('queriedItems'))),
  };
}
