import { purposes } from '../../functions/domain/access/caller.ts';
import { tokenLifeSeconds } from '../demo/issue-token.ts';
import { type Command, dataDirOf, dataOption, textOption } from './command.ts';
import { openRegion, tokenForUser } from './open-region.ts';

/** `towpath token`: a bearer token for a demo user, one word on standard output. */
export const tokenCommand: Command = {
  name: 'token',
  summary: 'print a bearer token for a demo user',
  usage: '--as USER [--purpose PURPOSE] [--data DIR]',
  options: {
    as: { type: 'string', about: 'demo user, such as clinician (npm start lists them)' },
    purpose: { type: 'string', about: `another purpose than the user's own: ${purposes.join(', ')}` },
    ...dataOption,
  },
  async run({ options }) {
    const user = textOption(options, 'as');
    if (user === undefined) return { kind: 'wrong-usage', message: 'name the demo user with --as USER' };
    const wanted = textOption(options, 'purpose');
    const purpose = purposes.find((one) => one === wanted);
    if (wanted !== undefined && purpose === undefined)
      return { kind: 'wrong-usage', message: `--purpose takes ${purposes.join(', ')}` };
    const opened = await openRegion(dataDirOf(options));
    if (!opened.ok) return opened.outcome;
    const issued = await tokenForUser(opened.region, user, { purpose });
    if (!issued.ok) return issued.outcome;
    const { tokenId: _, ...caller } = issued.caller;
    return {
      kind: 'done',
      text: issued.token,
      json: { token: issued.token, expiresInSeconds: tokenLifeSeconds, ...caller },
    };
  },
};
