import { gunzipSync } from 'node:zlib';
import { errorCatalogue } from '../domain/error-catalogue.ts';
import { operationOutcome } from '../formats/fhir/operation-outcome.ts';
import { type IntakeAnswer, settleIntake } from '../store/intake.ts';
import type { FeedAnswer } from './answer-feed.ts';
import { keepReject } from './keep-reject.ts';
import type { QueuedFeed } from './queue-feed.ts';
import type { Refusal, Region, Result } from './region.ts';
import { auditDisclosure, auditRefusal } from './write-audit.ts';

/** A feed cannot be filed at this moment: it is to be delivered again. */
export class FeedNotFiled extends Error {
  override readonly name = 'FeedNotFiled';
}

const jsonType = 'application/fhir+json; charset=utf-8';

/**
 * Files a feed that waited in the queue by the same way as one that is answered at once, audits it, and keeps what it is
 * answered. A refusal for what it holds is an answer like any other; one for the moment rejects, and so does whatever fails.
 * Delivered twice, it has one effect and one answer.
 */
export async function fileQueuedFeed(
  region: Region,
  feed: QueuedFeed,
  answer: (body: Buffer) => Promise<Result<FeedAnswer>>,
): Promise<void> {
  const body = gunzipSync(Buffer.from(feed.body, 'base64'));
  const result = await answer(body);
  const { caller, intakeId, operation, requestId } = feed;
  const request = { operation, action: 'C', caller, requestId } as const;
  if (!result.ok) {
    const { status } = errorCatalogue[result.code];
    if (status >= 500 || status === 409) throw new FeedNotFiled(result.code);
    const { code, issues = [] } = result;
    const message = result.answer?.reject ?? {
      format: 'fhir',
      messageId: requestId,
      message: body.toString('utf8'),
    };
    await keepReject(region, caller, { ...message, code, issues });
    await auditRefusal(region, request, {
      outcome: 'refused',
      errorCode: code,
      ...(result.personId && { personId: result.personId }),
    });
    await settleIntake(region.store, intakeId, refusalAnswer(result));
    return;
  }
  const settled = answerOf(result.value);
  await auditDisclosure(region, request, result.value.disclosures, settled.body);
  await settleIntake(region.store, intakeId, settled);
}

function answerOf({ body, disclosures, headers, status }: FeedAnswer): IntakeAnswer {
  return {
    status,
    headers: { 'Content-Type': jsonType, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    disclosures: disclosures.map(({ personId, resourceCount }) => ({
      resourceCount,
      ...(personId && { personId }),
    })),
  };
}

function refusalAnswer({ answer, code, issues }: Refusal): IntakeAnswer {
  const {
    body = operationOutcome(code, issues),
    headers,
    status = errorCatalogue[code].status,
  } = answer ?? {};
  return answerOf({ status, body, disclosures: [], ...(headers && { headers }) });
}
