import * as z from 'zod';
import { requestSqs } from '../../functions/store/intake-queue.ts';
import { type Command, dataDirOf, dataOption, type Outcome } from './command.ts';
import { openRegion } from './open-region.ts';

/** `towpath redrive`: the feeds that could not be filed go back into their queue. */
export const redriveCommand: Command = {
  name: 'redrive',
  summary: 'put the feeds that could not be filed back into their queue',
  usage: '[--data DIR]',
  options: dataOption,
  async run({ options }): Promise<Outcome> {
    const given = process.env.INTAKE_QUEUE;
    if (given === undefined) {
      const opened = await openRegion(dataDirOf(options));
      if (!opened.ok) return opened.outcome;
      // As for an initial load: the environment of the region's own functions, or the one that this process was given.
      Object.assign(process.env, opened.region.found.run?.worker);
    }
    const queueUrl = process.env.INTAKE_QUEUE;
    if (queueUrl === undefined)
      return {
        kind: 'failed',
        message: 'this region has no queue of feeds',
        fix: 'name its URL in INTAKE_QUEUE',
      };
    const input = { QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] };
    const { Attributes } = attributesSchema.parse(await requestSqs(queueUrl, 'GetQueueAttributes', input));
    const { deadLetterTargetArn } = policySchema.parse(JSON.parse(Attributes.RedrivePolicy));
    // SQS moves them back to where they came from, as fast as it can.
    await requestSqs(queueUrl, 'StartMessageMoveTask', { SourceArn: deadLetterTargetArn });
    return {
      kind: 'done',
      text: 'The feeds that could not be filed are on their way back into the queue. GET /intake/{id} says what becomes of each.',
      json: { source: deadLetterTargetArn },
    };
  },
};

const attributesSchema = z.object({ Attributes: z.object({ RedrivePolicy: z.string() }) });
const policySchema = z.object({ deadLetterTargetArn: z.string() });
