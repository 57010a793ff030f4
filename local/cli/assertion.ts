import { randomUUID } from 'node:crypto';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { signAssertion } from '../demo/sign-assertion.ts';
import { clientKeyFileName, readSigningKey } from '../demo/token-keys.ts';
import { demoUsers } from '../demo/users.ts';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { findRegion } from './run-file.ts';

/** `towpath assertion`: a client assertion of a demo client, one word on standard output, for `POST /oauth2/token`. */
export const assertionCommand: Command = {
  name: 'assertion',
  summary: 'print a signed assertion of a demo client, to exchange for a token',
  usage: '--client ID [--as USER] [--data DIR]',
  options: {
    client: { type: 'string', about: "client of the region's config, such as demo-epr" },
    as: { type: 'string', about: 'demo user who sits before the client, for a role in which a person looks' },
    ...dataOption,
  },
  async run({ options }): Promise<Outcome> {
    const client = textOption(options, 'client');
    if (client === undefined) return { kind: 'wrong-usage', message: 'name the client with --client ID' };
    const user = textOption(options, 'as');
    const demoUser = demoUsers.find((one) => one.user === user);
    if (user !== undefined && !demoUser)
      return { kind: 'wrong-usage', message: `no demo user is called ${user}; npm start lists them` };
    const dataDir = dataDirOf(options);
    const found = await findRegion(dataDir);
    const policy = found && (await loadRegions()).get(found.region)?.policy;
    if (!policy)
      return {
        kind: 'failed',
        message: `no region runs on the data folder ${dataDir}`,
        fix: 'start one with: npm start (or name its data folder with --data DIR)',
      };
    const ids = policy.clients.map(({ id }) => id);
    const key = ids.includes(client) ? await readSigningKey(dataDir, clientKeyFileName(client)) : undefined;
    if (!key)
      return {
        kind: 'wrong-usage',
        message: `${dataDir} holds no key of a client ${client}; the clients are ${ids.join(', ')}`,
      };
    const use = demoUser && {
      user: { id: demoUser.user, name: demoUser.fullName },
      session: randomUUID(),
    };
    const assertion = await signAssertion(key, policy, client, use ?? {}, Date.now());
    return { kind: 'done', text: assertion, json: { assertion, client } };
  },
};
