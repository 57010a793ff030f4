import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { unescapeText } from '../../../functions/formats/hl7v2/escape.ts';
import { readHeader } from '../../../functions/formats/hl7v2/header.ts';
import { splitMessages } from '../../../functions/formats/hl7v2/split-messages.ts';
import { type RegionAnswer, type RegionClient, readRefusal } from '../region-client.ts';
import { type Tally, tallyOf } from './load-summary.ts';
import { hideNumbers } from './resource-item.ts';
import type { ItemOutcome } from './send-transaction.ts';

/** True for a file of HL7 v2 messages. */
export function isMessageFile(file: string): boolean {
  return path.extname(file).toLowerCase() === '.hl7';
}

/** Sends the messages of the files as they are, one after another: their order is their senders'. */
export async function loadMessages(
  files: readonly string[],
  sending: {
    readonly client: Partial<Pick<RegionClient, 'postHl7v2'>>;
    readonly token: () => Promise<string>;
    readonly signal: AbortSignal;
    readonly onAnswer: (tally: Tally) => void;
  },
): Promise<void> {
  const { client, onAnswer, signal, token } = sending;
  for (const file of files) {
    // A byte a character: each message says by itself in which character set it is.
    const messages = splitMessages(await readFile(file, 'latin1'));
    for (const [index, message] of messages.entries()) {
      if (signal.aborted) return;
      const item = { file, label: messages.length > 1 ? `message ${index + 1}` : 'message' };
      const answer = await client.postHl7v2?.(Buffer.from(message, 'latin1'), await token());
      onAnswer(tallyOf(answer ? outcomesOf(item, answer) : [notInitial(item)]));
    }
  }
}

type Item = ItemOutcome['item'];

function notInitial(item: Item): ItemOutcome {
  return { item, kind: 'rejected', reason: 'HL7 v2 messages go to the API: load them without --initial' };
}

const fateWords = /^\w+ ([a-z-]+)(?: \(([a-z-]+)\))?(?: x(\d+))?$/;

/** What an acknowledgement says in MSA-3: a fate for each resource, or what is wrong. */
function outcomesOf(item: Item, answer: RegionAnswer & { readonly text?: string }): ItemOutcome[] {
  const { code, said } = readAcknowledgement(answer.text ?? '');
  if (code === undefined) {
    const { code: refused, diagnostics, text } = readRefusal(answer);
    return [{ item, kind: 'rejected', reason: hideNumbers(`${refused}: ${diagnostics || text}`) }];
  }
  if (code !== 'AA') return [{ item, kind: 'rejected', reason: `${code}: ${said}` }];
  return said.split('; ').flatMap((words) => {
    const [, fate, remark, count = '1'] = fateWords.exec(words) ?? [];
    if (fate === undefined) return [];
    const outcome: ItemOutcome = {
      item,
      kind: 'accepted',
      fate,
      remarks: remark === undefined ? [] : [remark],
    };
    return Array.from({ length: Number(count) }, () => outcome);
  });
}

function readAcknowledgement(text: string): { readonly code: string | undefined; readonly said: string } {
  const header = readHeader(text);
  const msa = text.split('\r').find((line) => line.startsWith('MSA'));
  if (!header || msa === undefined) return { code: undefined, said: '' };
  const [, code, , said = ''] = msa.split(header.separators.field);
  return { code, said: unescapeText(said, header.separators) };
}
