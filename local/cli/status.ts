import { type Command, dataDirOf, dataOption } from './command.ts';
import { RegionUnreachable, regionClient } from './region-client.ts';
import { findRegion } from './run-file.ts';

/** `towpath status`: what runs on a data folder, after asking the server. */
export const statusCommand: Command = {
  name: 'status',
  summary: 'say which region runs, after asking it',
  usage: '[--data DIR]',
  options: dataOption,
  async run({ options }) {
    const dataDir = dataDirOf(options);
    const found = await findRegion(dataDir);
    if (!found)
      return {
        kind: 'failed',
        message: `no region runs on the data folder ${dataDir}`,
        fix: 'start one with: npm start',
        json: { ready: false },
      };
    const state = await askStatus(found.baseUrl);
    const facts = found.run ?? { baseUrl: found.baseUrl, region: found.region };
    if (state !== 'ready')
      return {
        kind: 'failed',
        message: `the region ${found.region} does not answer at ${found.baseUrl}`,
        fix: 'it was stopped without notice: start it again with npm start',
        json: { ...facts, ready: false },
      };
    return {
      kind: 'done',
      text: [
        `Region    ${found.region}`,
        `Base URL  ${found.baseUrl}`,
        ...(found.run ? [`Audit log ${found.run.auditLog}`, `Process   ${found.run.pid}`] : []),
      ].join('\n'),
      json: { ...facts, ready: true },
    };
  },
};

async function askStatus(baseUrl: string): Promise<'ready' | 'silent'> {
  try {
    const { status } = await regionClient(baseUrl).get('/_status');
    return status === 200 ? 'ready' : 'silent';
  } catch (error) {
    if (error instanceof RegionUnreachable) return 'silent';
    throw error;
  }
}
