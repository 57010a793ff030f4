import { gunzipSync } from 'node:zlib';
import type { CloudWatchLogsDecodedData, CloudWatchLogsEvent } from 'aws-lambda';
import * as z from 'zod';
import { basePath, pathsOf, routes } from '../api/routes.ts';
import { callerSchema } from '../domain/access/caller.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { log } from '../edge/observe.ts';
import { loadRegion } from '../edge/region.ts';
import { auditRefusal } from '../usecases/write-audit.ts';

/** A line of the API's access log, in the format that lib/stacks/api-stack.ts declares. */
const accessLine = z.object({
  requestId: z.string(),
  httpMethod: z.string(),
  resourcePath: z.string(),
  status: z.string(),
  errorType: z.string(),
  subject: z.string(),
  name: z.string().optional(),
  role: z.string(),
  organisation: z.string(),
});

const codes: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST_BODY: 'INVALID_REQUEST',
  BAD_REQUEST_PARAMETERS: 'INVALID_REQUEST',
  REQUEST_TOO_LARGE: 'TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  THROTTLED: 'THROTTLED',
  QUOTA_EXCEEDED: 'THROTTLED',
  INVALID_API_KEY: 'INTERNAL',
  ACCESS_DENIED: 'FORBIDDEN_ROLE',
  INTEGRATION_TIMEOUT: 'TIMEOUT',
};

/**
 * Writes the audit entry of each request that the gateway refused itself – a body against its model, a throttled call –
 * although the caller was known: the operation never saw it and could not write one.
 */
export async function handler(event: CloudWatchLogsEvent): Promise<void> {
  const data = JSON.parse(
    gunzipSync(Buffer.from(event.awslogs.data, 'base64')).toString('utf8'),
  ) as CloudWatchLogsDecodedData;
  const region = await loadRegion();
  let count = 0;
  for (const { message } of data.logEvents) {
    const refusal = readRefusal(message);
    if (!refusal) continue;
    await auditRefusal(region, refusal.request, { outcome: 'refused', errorCode: refusal.code });
    count += 1;
  }
  log('info', 'gateway-refusals-recorded', { count });
}

function readRefusal(message: string) {
  const line = accessLine.safeParse(parse(message));
  if (!line.success) return undefined;
  const { errorType, requestId, httpMethod, resourcePath, subject, role, organisation, name } = line.data;
  const caller = callerSchema.safeParse({
    subject,
    name: name ?? subject,
    role,
    organisation,
    // The access log names neither; the token was valid, and its purpose did not come to matter.
    purpose: 'administration',
    tokenId: 'not logged',
  });
  if (!caller.success) return undefined;
  const route = routes.find(
    (row) => row.method === httpMethod && pathsOf(row).some((path) => resourcePath === `${basePath}${path}`),
  );
  return {
    code: codes[errorType] ?? ('INVALID_REQUEST' as const),
    request: {
      operation: route?.operation ?? 'unknown',
      action: 'E' as const,
      caller: caller.data,
      requestId,
    },
  };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
