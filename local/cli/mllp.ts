import { once } from 'node:events';
import { type RelayAnswer, startMllpRelay } from '../mllp/relay.ts';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { openRegion, tokenForUser } from './open-region.ts';
import { RegionUnreachable, regionClient } from './region-client.ts';
import { tokenSource } from './token-source.ts';

/** The port that HL7 v2 over MLLP has (IANA: hl7). */
const defaultPort = '2575';

/** `towpath mllp`: takes HL7 v2 messages over MLLP and relays them into the running region. */
export const mllpCommand: Command = {
  name: 'mllp',
  summary: 'take HL7 v2 messages over MLLP and relay them into the region',
  usage: '[--port PORT] [--as USER] [--org ODS] [--data DIR]',
  options: {
    port: { type: 'string', about: `port on 127.0.0.1 (default ${defaultPort}, 0 for any that is free)` },
    as: { type: 'string', about: 'demo user who sends (default feed)' },
    org: { type: 'string', about: "ODS code of the sending organisation (default: the user's own)" },
    ...dataOption,
  },
  async run({ json, options, terminal }): Promise<Outcome> {
    const port = textOption(options, 'port') ?? defaultPort;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
      return { kind: 'wrong-usage', message: '--port takes a number from 0 to 65535' };
    const opened = await openRegion(dataDirOf(options));
    if (!opened.ok) return opened.outcome;
    const organisation = textOption(options, 'org')?.toUpperCase();
    const user = await tokenForUser(opened.region, textOption(options, 'as') ?? 'feed', { organisation });
    if (!user.ok) return user.outcome;
    const client = regionClient(opened.region.found.baseUrl);
    const token = tokenSource(opened.region, user.caller, user.token);
    const send = async (message: Buffer): Promise<RelayAnswer> => {
      try {
        const { status, text } = await client.postHl7v2(message, await token());
        if (text !== undefined) return { kind: 'acknowledged', acknowledgement: text };
        return { kind: status === 413 ? 'too-large' : 'unavailable' };
      } catch (error) {
        if (error instanceof RegionUnreachable) return { kind: 'unavailable' };
        throw error;
      }
    };
    const relay = await startMllpRelay({ port: Number(port), now: () => new Date(), send });
    const listening = { port: relay.port, organisation: user.caller.organisation };
    terminal.out(
      json
        ? JSON.stringify(listening)
        : `MLLP on 127.0.0.1:${relay.port}, as ${listening.organisation}. Ctrl+C ends it.`,
    );
    const interruption = new AbortController();
    const interrupt = () => interruption.abort();
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    try {
      await once(interruption.signal, 'abort');
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      await relay.close();
    }
    return { kind: 'done' };
  },
};
