import path from 'node:path';
import { type Command, textOption } from './command.ts';
import { runCdk } from './run-cdk.ts';

/** `towpath synth`: synthesises the CloudFormation templates, offline. */
export const synthCommand: Command = {
  name: 'synth',
  summary: 'synthesise the CloudFormation templates into cdk.out',
  usage: '[--region NAME] [--output DIR]',
  options: {
    region: { type: 'string', about: 'one stage only (default all)' },
    output: { type: 'string', about: 'folder of the assembly (default cdk.out)' },
  },
  async run({ options }) {
    const region = textOption(options, 'region');
    const output = path.resolve(textOption(options, 'output') ?? 'cdk.out');
    const stacks = region === undefined ? [] : ['--app', appOf(region), `${region}/*`];
    const status = await runCdk(['synth', '--quiet', '--output', output, ...stacks]);
    if (status !== 0)
      return {
        kind: 'failed',
        message: `cdk synth ended with status ${status}`,
        fix: 'its own messages are above',
      };
    return { kind: 'done', text: `The assembly is in ${output}`, json: { assembly: output } };
  },
};

/** The CDK app for one stage alone. */
export function appOf(stage: string): string {
  return `node bin/app.ts ${stage}`;
}
