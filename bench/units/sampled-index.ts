import { marshall as toWireForm } from '@aws-sdk/util-dynamodb';
import type { Demographics } from '../../functions/domain/identity/demographics.ts';
import { type BlockingKey, blockingKeys, searchKeys } from '../../functions/domain/matching/blocking-keys.ts';
import {
  type ComparisonFields,
  comparisonFields,
} from '../../functions/domain/matching/comparison-fields.ts';
import { type BlockItem, blocksOf } from '../../functions/store/blocking-key.ts';
import { blockKey, peopleKey, sourceRef } from '../../functions/store/keys.ts';
import type { Store } from '../../functions/store/store.ts';
import type { Item, RequestData } from '../../local/engine/dynalite.ts';
import type { Engine } from '../../local/engine/engine.ts';

const ods = 'T9A';

const marshall = (item: object) => toWireForm(item, { removeUndefinedValues: true }) as Item;

/** Items as they are stored, to give what is looked up its true size. */
export interface Templates {
  readonly sourceRecord: Record<string, unknown>;
  readonly person: Record<string, unknown>;
}

/**
 * An index of any number of people that holds only what a set of queries can reach: every person who shares a searched
 * block with one of them. Whoever shares none cannot be read by them, so each query reads exactly what it would of the
 * whole index.
 */
export class SampledIndex {
  readonly #store: Store;
  readonly #templates: Templates;
  /** The searched blocks, each with the parts of it that are read: those whose order begins so. */
  readonly #wanted = new Map<string, Set<string>>();
  readonly #blocks = new Map<string, BlockItem[]>();
  readonly #sorted = new Set<string>();
  #people = 0;

  constructor(store: Store, templates: Templates, queries: readonly ComparisonFields[]) {
    this.#store = store;
    this.#templates = templates;
    for (const query of queries) {
      const { first, second } = searchKeys(query);
      for (const key of [...first, ...second]) {
        const parts = this.#wanted.get(nameOf(key)) ?? new Set();
        this.#wanted.set(nameOf(key), parts.add(key.prefix ?? ''));
      }
    }
  }

  get people(): number {
    return this.#people;
  }

  /** Puts one more person, with one source record, into the index. */
  add(demographics: Demographics): void {
    this.#people += 1;
    const reached = comparisonFields(demographics)
      .flatMap(blockingKeys)
      .filter((key) => this.#isRead(key));
    if (reached.length === 0) return;
    const source = sourceRef(this.#store.keys, ods, `P${this.#people}`);
    const partitions = new Set(reached.map((key) => blockKey(this.#store.keys, key, source).PK));
    for (const item of blocksOf(this.#store, source, demographics, 1)) {
      if (!partitions.has(item.PK)) continue;
      const block = this.#blocks.get(item.PK);
      if (block) block.push(item);
      else this.#blocks.set(item.PK, [item]);
      this.#sorted.delete(item.PK);
    }
  }

  #isRead(key: BlockingKey): boolean {
    const parts = this.#wanted.get(nameOf(key));
    if (parts === undefined) return false;
    return [...parts].some((part) => `${key.order} `.startsWith(part === '' ? '' : `${part} `));
  }

  /** Answers the reads of a match as the engine would. */
  readonly answer: Engine['answer'] = async (target, request) => {
    const name = target.slice(target.indexOf('.') + 1);
    if (name === 'Query') return this.#query(request);
    if (name === 'GetItem') return { Item: this.#get(request.Key as Item) };
    if (name === 'BatchGetItem') {
      const tables = Object.entries(request.RequestItems as Record<string, { Keys: Item[] }>);
      return {
        Responses: Object.fromEntries(
          tables.map(([table, { Keys }]) => [table, Keys.map((key) => this.#get(key))]),
        ),
      };
    }
    throw new Error(`a match sends no ${name}`);
  };

  #query({ ExpressionAttributeValues, Limit }: RequestData): RequestData {
    const values = ExpressionAttributeValues as Record<string, { S: string }>;
    const partition = values[':block']?.S ?? '';
    const prefix = values[':order']?.S ?? '';
    const block = this.#blocks.get(partition) ?? [];
    if (!this.#sorted.has(partition)) {
      block.sort((one, other) => (one.SK < other.SK ? -1 : 1));
      this.#sorted.add(partition);
    }
    const limit = Number(Limit);
    const within = block.filter(({ SK }) => SK.startsWith(prefix)).slice(0, limit);
    const last = within.at(-1);
    return {
      Items: within.map((item) => marshall(item)),
      Count: within.length,
      // DynamoDB stops at the limit without looking whether anything follows.
      ...(last && within.length === limit && { LastEvaluatedKey: marshall({ PK: last.PK, SK: last.SK }) }),
    };
  }

  #get(key: Item): Item {
    const PK = key.PK && 'S' in key.PK ? key.PK.S : '';
    const { person, sourceRecord } = this.#templates;
    if (PK === peopleKey.PK) return marshall({ ...peopleKey, type: 'Statistics', people: this.#people });
    const [kind, ...rest] = PK.split('#');
    if (kind === 'SOURCE') return marshall({ ...sourceRecord, ...keyed(key), personId: rest.join('-') });
    return marshall({ ...person, ...keyed(key), personId: rest.join('#') });
  }
}

function nameOf({ kind, value }: { readonly kind: string; readonly value: string }): string {
  return `${kind} ${value}`;
}

function keyed({ PK, SK }: Item): { PK: unknown; SK: unknown } {
  return { PK: PK && 'S' in PK ? PK.S : '', SK: SK && 'S' in SK ? SK.S : '' };
}
