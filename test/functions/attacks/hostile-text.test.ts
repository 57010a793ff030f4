import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { foldName } from '../../../functions/domain/matching/fold-name.ts';
import { parseJsonBody } from '../../../functions/formats/fhir/json.ts';
import { withHarmlessNarratives } from '../../../functions/formats/fhir/sender-narrative.ts';
import { writeUsageCsv } from '../../../functions/formats/plain/usage.ts';
import { batchGet } from '../../../functions/store/batch-get.ts';
import { batchPut } from '../../../functions/store/batch-write.ts';
import type { Store } from '../../../functions/store/store.ts';

const div = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;
const served = (inner: string) => {
  const resource = {
    resourceType: 'Basic',
    code: {},
    text: { status: 'additional', div: div(inner) },
  } as const;
  return withHarmlessNarratives(resource).text.div;
};

describe('attack 24: a narrative with script, onerror or SVG', () => {
  it.each([
    ['a script', '<p>Take one</p><script>alert(1)</script>'],
    ['an event handler', '<p onclick="alert(1)">Take one</p>'],
    ['an image with onerror', '<p>Take one</p><img src="x" onerror="alert(1)"/>'],
    ['an SVG', '<svg onload="alert(1)"><circle/></svg><b>Take one</b>'],
    ['an address that runs', '<a href="java&#115;cript:alert(1)">Take one</a>'],
    ['a style that loads', '<p style="background:url(//evil.example/x)">Take one</p>'],
    ['a tag that never ends', '<b>Take one</b><img src=x onerror=alert(1) '],
    ['a comment', '<!--<img src="x" onerror="alert(1)">--><b>Take one</b>'],
    ['an iframe', '<iframe src="https://evil.example"></iframe><b>Take one</b>'],
  ])('%s: its words are shown, and no markup of it', (_, inner) => {
    const shown = served(inner);
    expect(shown).toContain('Take one');
    expect(shown.slice(div('').indexOf('>') + 1, -'</div>'.length)).not.toMatch(/[<>]/);
  });

  it('harmless XHTML stays as its sender wrote it', () => {
    const inner =
      '<p class="x">Take <b>one</b></p><table><tr><td colspan="2" style="color: #333">5 mg</td></tr></table><br/>';
    expect(served(inner)).toBe(div(inner));
  });

  it('reaches the sections of a Composition and what is contained', () => {
    const text = { status: 'generated', div: div('<script>alert(1)</script>Words') } as const;
    const resource = {
      resourceType: 'Composition',
      section: [{ text, section: [{ text }] }],
      contained: [{ resourceType: 'Basic', code: {}, text }],
    };
    expect(JSON.stringify(withHarmlessNarratives(resource as never))).not.toContain('script');
  });
});

it('attack 25: a name that a spreadsheet takes for a formula is text in the CSV export', () => {
  for (const name of ['=cmd|calc', '+1', '@SUM(1)', '-1', '\t=1', '\r=1']) {
    const csv = writeUsageCsv({
      form: 'public',
      month: '2026-11',
      usage: {
        views: 9,
        staff: 9,
        regions: [],
        organisations: [{ region: 'london', organisation: 'T9A', name, views: 9, staff: 9 }],
        sections: [],
      },
    } as never);
    for (const line of csv.split('\r\n'))
      expect(line.split(',').some((cell) => /^"?[=+@\t\r-]/.test(cell))).toBe(false);
  }
});

/** The regular expressions of the functions, found by their slashes. */
function expressions(): [string, RegExp][] {
  const folder = 'functions';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8').replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
    const literals = text.matchAll(
      /(?<=[=(,:?[&|!]\s*|return )\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/g,
    );
    return [...literals].flatMap(([literal, source = '', flags = '']): [string, RegExp][] => {
      try {
        return [[`${file} ${literal}`, new RegExp(source, flags)]];
      } catch {
        return [];
      }
    });
  });
}

describe('attack 26: 100 KB of a', () => {
  const size = 100_000;
  const texts = ['a', 'A', '0', ' ', '-', '"', '<', '=', '/', 'a ', '0-', 'é'].flatMap((unit) => {
    const long = unit.repeat(size / unit.length);
    return [long, `${long}!`];
  });

  it('costs no regular expression of the functions more than a moment', () => {
    const found = expressions();
    expect(found.length).toBeGreaterThan(60);
    const slow: [string, number][] = [];
    for (const [name, expression] of found) {
      const started = performance.now();
      for (const text of texts) {
        expression.lastIndex = 0;
        expression.test(text);
      }
      const milliseconds = (performance.now() - started) / texts.length;
      if (milliseconds > 50) slow.push([name, milliseconds]);
    }
    expect(slow).toEqual([]);
  });

  it('costs names, bodies and narratives no more than in proportion', () => {
    for (const text of texts) {
      const started = performance.now();
      foldName(text);
      parseJsonBody(JSON.stringify({ text }));
      served(text);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });
});

describe('attack 52: a batch that leaves items unprocessed', () => {
  const makeStore = (answer: (asked: number, call: number) => number) => {
    const calls: number[] = [];
    const client = Object.create(DynamoDBDocumentClient.prototype);
    client.send = async ({ input }: { input: { RequestItems: { t: unknown } } }) => {
      const asked = input.RequestItems.t as unknown[] | { Keys: unknown[] };
      const list = Array.isArray(asked) ? asked : asked.Keys;
      calls.push(list.length);
      const left = list.slice(0, answer(list.length, calls.length));
      return Array.isArray(asked)
        ? { UnprocessedItems: left.length > 0 ? { t: left } : {} }
        : {
            Responses: { t: list.slice(left.length) },
            UnprocessedKeys: left.length > 0 ? { t: { Keys: left } } : {},
          };
    };
    return { store: { client, recordTable: 't' } as unknown as Store, calls };
  };
  const keys = Array.from({ length: 20 }, (_, index) => ({ PK: 'p', SK: String(index) }));

  it('is sent again for what is left until nothing is', async () => {
    const { calls, store } = makeStore((asked, call) => (call === 2 ? asked : Math.floor(asked / 2)));
    await batchPut(store, keys);
    expect(calls).toEqual([20, 10, 10, 5, 2, 1]);
    expect(await batchGet(makeStore((asked) => Math.floor(asked / 2)).store, keys)).toHaveLength(20);
  });

  it('fails whole when the table takes nothing more, as a table that is busy', async () => {
    const busy = { name: 'ThrottlingException' };
    await expect(batchPut(makeStore((asked) => asked).store, keys)).rejects.toMatchObject(busy);
    await expect(batchGet(makeStore((asked) => asked).store, keys)).rejects.toMatchObject(busy);
  });
});
