import { gunzipSync, gzipSync } from 'node:zlib';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { intakeKey } from './keys.ts';
import { pseudonym } from './region-keys.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, type Write } from './transaction.ts';

/** What a feed that was queued is answered, once it is filed or refused. */
export interface IntakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whose records it changed, and in how many of its resources. */
  readonly disclosures: readonly { readonly personId?: string; readonly resourceCount: number }[];
}

/** A feed that waits in the queue, or what became of it. */
export interface Intake {
  readonly id: string;
  readonly organisation: string;
  /** SHA-256 (hex) of the body and of where it was sent. */
  readonly bodyDigest: string;
  readonly acceptedAt: string;
  readonly answer?: IntakeAnswer;
}

/** Days for which the fate of a feed can be asked for: a day longer than SQS keeps a message. */
const keptDays = 15;

/** The id of a feed's intake: the same request id of an organisation is one intake. */
export function intakeId({ keys }: Store, organisation: string, requestId: string): string {
  return pseudonym(keys, 'intake', `${organisation} ${requestId}`);
}

/** The write that says that a feed waits; `known` when it was accepted before. */
export function putIntake(store: Store, intake: Omit<Intake, 'answer' | 'acceptedAt'>): Write<'known'> {
  const expiresAt = Math.floor(store.now().getTime() / 1000) + keptDays * 86_400;
  return putNew(
    store.recordTable,
    {
      ...intakeKey(intake.id),
      type: 'Intake',
      schemaVersion,
      ...intake,
      acceptedAt: instant(store),
      expiresAt,
    },
    'known',
  );
}

/** What is known of a feed that was queued; undefined when there is none or its time is over. */
export async function getIntake(store: Store, id: string): Promise<Intake | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: intakeKey(id), ConsistentRead: true }),
  );
  if (!Item || Number(Item.expiresAt) * 1000 <= store.now().getTime()) return undefined;
  const { answer, ...intake } = Item as Intake & {
    readonly answer?: Omit<IntakeAnswer, 'body'> & { readonly body: Uint8Array };
  };
  if (!answer) return intake;
  return { ...intake, answer: { ...answer, body: gunzipSync(answer.body).toString('utf8') } };
}

/** Says what became of a feed. A second delivery of the same message says the same again. */
export async function settleIntake(store: Store, id: string, answer: IntakeAnswer): Promise<void> {
  await store.client.send(
    new UpdateCommand({
      TableName: store.recordTable,
      Key: intakeKey(id),
      UpdateExpression: 'SET answer = :answer',
      // Its time may be over: then nobody asks for it any more.
      ConditionExpression: 'attribute_exists(PK)',
      ExpressionAttributeValues: { ':answer': { ...answer, body: gzipSync(answer.body) } },
    }),
  );
}
