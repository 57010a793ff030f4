import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitMessages } from '../../../functions/formats/hl7v2/split-messages.ts';
import { loadMessages } from '../../../local/cli/feed/load-messages.ts';
import { addTallies, emptyTally, type Tally } from '../../../local/cli/feed/load-summary.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'towpath-messages-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ack = (code: string, said: string) =>
  `MSH|^~\\&|R|R|PAS|T9A|2026||ACK|1|P|2.4\rMSA|${code}|C1|${said}\r`;

async function load(text: string, answers: readonly (string | undefined)[], postHl7v2 = true) {
  const file = path.join(folder, 'feed.hl7');
  writeFileSync(file, text, 'latin1');
  const sent: string[] = [];
  let tally: Tally = emptyTally;
  await loadMessages([file], {
    client: postHl7v2
      ? {
          postHl7v2: async (message) => {
            const answer = answers[sent.length];
            sent.push(Buffer.from(message).toString('latin1'));
            return answer === undefined
              ? { status: 403, body: undefined }
              : { status: 200, body: undefined, text: answer };
          },
        }
      : {},
    token: async () => 'token',
    signal: new AbortController().signal,
    onAnswer: (more) => {
      tally = addTallies(tally, more);
    },
  });
  return { sent, tally };
}

describe('a file of messages', () => {
  test('is sent message by message, as it came, and says what became of each', async () => {
    const batch = 'FHS|^~\\&\rBHS|^~\\&\rMSH|1\rPID|é\r\nMSH|2\nPID|2\n\nBTS|2\rFTS|1\r';
    const { sent, tally } = await load(batch, [
      ack('AA', 'Patient person-created (possible-duplicate); Observation stored x12'),
      ack('AE', 'PID-7: must be a date of the calendar'),
    ]);
    expect(sent).toEqual(['MSH|1\rPID|é\r', 'MSH|2\rPID|2\r']);
    expect(tally.fates).toEqual({ 'person-created': 1, stored: 12 });
    expect(tally.queuedForReview).toBe(1);
    expect(tally.rejected).toMatchObject([
      { resource: 'message 2', reason: 'AE: PID-7: must be a date of the calendar' },
    ]);
  });

  test('says why its patient is in quarantine, and why a message was not taken at all', async () => {
    const held = await load('MSH|1\r', [ack('AA', 'Patient quarantined (nhs-number-not-verified)')]);
    expect(held.tally.quarantine).toEqual([
      expect.objectContaining({ resource: 'message', reason: 'its NHS number is not marked as verified' }),
    ]);
    expect((await load('MSH|1\r', [undefined])).tally.rejected).toMatchObject([
      { reason: '403: the region answered 403' },
    ]);
    expect((await load('MSH|1\r', [], false)).tally.rejected).toMatchObject([{ resource: 'message' }]);
  });

  test('is parted where a message begins, wherever its lines end', () => {
    const line = fc.constantFrom('PID|1', 'PV1|x', 'OBX|é');
    const parts = fc.array(fc.array(line, { maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, fc.constantFrom('\r', '\n', '\r\n', '\r\n\r\n'), (messages, end) => {
        const whole = messages.map((lines) => ['MSH|a', ...lines].join(end)).join(end);
        expect(splitMessages(whole)).toEqual(messages.map((lines) => `${['MSH|a', ...lines].join('\r')}\r`));
      }),
    );
  });
});
