import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAgreementsFile } from '../../../local/cli/config/agreements-file.ts';
import { applyAgreements } from '../../../local/cli/config/apply-agreements.ts';
import type { RegionAnswer, RegionClient } from '../../../local/cli/region-client.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'towpath-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const view = [{ roles: 'all', sections: 'all', from: '2026-04-01' }];
const applied = [{ organisation: 'T9A', view, share: [] }];
const proposed = [{ organisation: 'T9A', view: [], share: [] }];

function fileOf(content: unknown): string {
  const file = join(folder, 'agreements.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A region with version 3, which keeps what it is sent. */
function regionWith(answer: RegionAnswer) {
  const sent: object[] = [];
  const client: RegionClient = {
    baseUrl: 'http://region.test',
    get: async () => ({ status: 200, body: { version: 3, agreements: applied } }),
    post: async (_path, body) => {
      sent.push(body);
      return answer;
    },
    postHl7v2: () => Promise.reject(new Error('not for agreements')),
  };
  return { client, sent };
}

const file = () => fileOf({ region: 'london', agreements: proposed });
const done = { status: 200, body: { version: 4 } };

describe('config apply', () => {
  it('prints the difference, sends the version that it compared, and says which is applied', async () => {
    const { client, sent } = regionWith(done);
    const request = { region: 'london', file: file(), isDryRun: false };
    const outcome = await applyAgreements(client, 'token', request);
    expect(sent).toEqual([{ version: 3, agreements: proposed }]);
    expect(outcome).toMatchObject({ kind: 'done', json: { version: 4, applied: true } });
    expect(outcome.kind === 'done' && outcome.text).toMatch(
      /^- T9A every role may view every section from 2026-04-01\n\nApplied as version 4/,
    );
  });

  it('sends nothing in a dry run, nor where nothing differs', async () => {
    const { client, sent } = regionWith(done);
    await applyAgreements(client, 'token', { region: 'london', file: file(), isDryRun: true });
    const same = fileOf({ region: 'london', agreements: applied });
    const outcome = await applyAgreements(client, 'token', {
      region: 'london',
      file: same,
      isDryRun: false,
    });
    expect(outcome).toMatchObject({ kind: 'done', json: { applied: false, changes: [] } });
    expect(sent).toEqual([]);
  });

  it('fails with the region’s words when somebody else was faster', async () => {
    const coding = [{ code: 'STALE_VERSION' }];
    const issue = [{ severity: 'error', code: 'conflict', details: { coding, text: 'not the current one' } }];
    const { client } = regionWith({ status: 412, body: { resourceType: 'OperationOutcome', issue } });
    const request = { region: 'london', file: file(), isDryRun: false };
    expect(await applyAgreements(client, 'token', request)).toMatchObject({
      kind: 'failed',
      json: { code: 'STALE_VERSION' },
    });
  });
});

describe('a file of agreements', () => {
  it('is the region’s own when none is named', async () => {
    expect(await readAgreementsFile(undefined, 'london')).toMatchObject({ ok: true });
  });

  it.each([
    ['no JSON', 'agreements', /is no JSON/],
    ['another region', { region: 'kent', agreements: [] }, /is for the region kent, and this one is london/],
    [
      'a section that there is not',
      { region: 'london', agreements: [{ organisation: 'T9A', view: [], share: [{ sections: ['x'] }] }] },
      /agreements\[0\]\.share\[0\]\.sections/,
    ],
  ])('that is %s is refused with the place', async (_what, content, message) => {
    const read = await readAgreementsFile(fileOf(content), 'london');
    expect(!read.ok && read.outcome.kind === 'failed' && read.outcome.message).toMatch(message);
  });

  it('that is not there is said to be missing', async () => {
    const read = await readAgreementsFile(join(folder, 'nowhere.json'), 'london');
    expect(read).toMatchObject({ ok: false });
  });
});
