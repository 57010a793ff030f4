// How many HL7 v2 messages a second the local region takes over HTTP, each filed, audited and acknowledged: `node
// bench/hl7v2.ts [PEOPLE]` starts an empty region in a process of its own, sends the stays of that many made-up people (300
// unless told otherwise; ten messages each: ADT, ORU, MDM) as four trusts, whose throttles the region keeps, one message after
// another for a person, and prints a table, then the same figures as JSON. The client shares the machine.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { hl7v2MediaType } from '../functions/usecases/file-hl7v2.ts';
import { quantile } from '../local/measure/match-figures.ts';
import { startBenchRegion, withRegionProcess } from './http/region-process.ts';
import { makePopulation } from './people/population.ts';
import { type MadeMessage, stayMessages } from './records/hl7v2-messages.ts';

const seed = 20_261_121;
const usualPeople = 300;
const warmUpPeople = 40;
const connections = 8;

const targetSchema = z.object({
  baseUrl: z.url(),
  senders: z.array(z.object({ organisation: z.string(), token: z.string() })).min(1),
});

type Target = z.infer<typeof targetSchema>;

/** In the child: an empty region, and a feed of each of four organisations. */
async function serve(dataDir: string): Promise<void> {
  const { region, tokenOf } = await startBenchRegion(dataDir, false);
  const senders = await Promise.all(
    region.policy.organisations.slice(0, 4).map(async ({ ods: organisation }) => ({
      organisation,
      token: await tokenOf({
        subject: `bench@${organisation.toLowerCase()}`,
        name: 'Bench engine',
        role: 'feed',
        organisation,
        purpose: 'feed',
        tokenId: randomUUID(),
      }),
    })),
  );
  process.send?.({ baseUrl: region.run.baseUrl, senders });
}

function send({ baseUrl }: Target, agent: Agent, token: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${baseUrl}/hl7v2`,
      {
        method: 'POST',
        agent,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': hl7v2MediaType },
      },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          body += chunk;
        });
        incoming.on('end', () => resolve(`${incoming.statusCode} ${body}`));
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

interface Sent {
  readonly event: string;
  readonly milliseconds: number;
}

/** Sends stays side by side over kept connections; throws when a message is not accepted. */
async function sendStays(
  target: Target,
  stays: readonly { readonly token: string; readonly messages: readonly MadeMessage[] }[],
): Promise<{ readonly sent: readonly Sent[]; readonly seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const left = [...stays];
  const sent: Sent[] = [];
  const started = performance.now();
  const work = async (): Promise<void> => {
    for (let stay = left.shift(); stay; stay = left.shift())
      for (const { event, text } of stay.messages) {
        const begun = performance.now();
        const answer = await send(target, agent, stay.token, text);
        if (!answer.includes('\rMSA|AA|'))
          throw new Error(`${event} was answered with ${answer.slice(0, 300)}`);
        sent.push({ event, milliseconds: performance.now() - begun });
      }
  };
  try {
    await Promise.all(Array.from({ length: connections }, work));
    return { sent, seconds: (performance.now() - started) / 1000 };
  } finally {
    agent.destroy();
  }
}

async function measure(said: unknown, people: number): Promise<void> {
  const target = targetSchema.parse(said);
  const start = new Date(Date.now() - 2 * 86_400_000);
  const stays = [...makePopulation({ seed, people: people + warmUpPeople })].flatMap((person, index) => {
    const sender = target.senders[index % target.senders.length];
    return sender
      ? [{ token: sender.token, messages: stayMessages(person, sender.organisation, start) }]
      : [];
  });
  await sendStays(target, stays.slice(0, warmUpPeople));
  const { seconds, sent } = await sendStays(target, stays.slice(warmUpPeople));
  const figures = [...Map.groupBy(sent, ({ event }) => event), ['all', sent] as const].map(([event, own]) => {
    const times = own.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
    const at = (part: number) => Math.round((quantile(times, part) ?? 0) * 10) / 10;
    return {
      event,
      messages: own.length,
      p50Ms: at(0.5),
      p95Ms: at(0.95),
    };
  });
  const messagesPerSecond = Math.round(sent.length / seconds);
  console.log(
    `Node ${process.version}, ${availableParallelism()} CPUs, ${connections} connections: ${messagesPerSecond} messages a second`,
  );
  console.table(figures);
  const setting = { node: process.version, cpus: availableParallelism(), connections, people, seed };
  console.log(JSON.stringify({ ...setting, messages: sent.length, messagesPerSecond, figures }));
}

const [mode, dataDir] = process.argv.slice(2);
if (mode === 'serve') await serve(dataDir ?? '');
else
  await withRegionProcess(fileURLToPath(import.meta.url), (said) =>
    measure(said, Number(mode ?? usualPeople)),
  );
