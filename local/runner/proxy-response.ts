import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as z from 'zod';
import type { ApiDefinition } from './api-definition.ts';
import type { GatewayRequest } from './gateway-request.ts';
import { headerValue } from './gateway-request.ts';
import type { HttpAnswer } from './gateway-response.ts';
import { isBinaryMediaType } from './proxy-event.ts';

const headerText = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What a function behind a proxy integration may return: none of these is needed, nothing else is taken. */
const responseSchema = z.strictObject({
  statusCode: z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{3}$/)
        .transform(Number),
    ])
    .pipe(z.int().min(100).max(599))
    .nullish(),
  headers: z.record(z.string(), headerText).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(headerText)).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** A function's response as an HTTP answer, or that it is no proxy response. */
export type ProxyResponse =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'malformed' };

/** Headers that API Gateway keeps for itself: it renames what a function gives (developer guide, "Important notes"). */
const remapped = new Set([
  'authorization',
  'connection',
  'content-md5',
  'date',
  'host',
  'server',
  'www-authenticate',
]);
const dropped = new Set(['content-length', 'transfer-encoding']);

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** Reads what a function returned as API Gateway does. */
export function readProxyResponse(
  payload: string,
  request: GatewayRequest,
  api: ApiDefinition,
): ProxyResponse {
  const parsed = responseSchema.safeParse(parse(payload));
  if (!parsed.success) return { kind: 'malformed' };
  const response = parsed.data;
  const headers = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    headers.set(name.toLowerCase(), { name, values: [value] });
  }
  // A name in both lists: the values of multiValueHeaders win, and the same value is sent once.
  for (const [name, values] of Object.entries(response.multiValueHeaders ?? {})) {
    headers.set(name.toLowerCase(), { name, values: [...new Set(values)] });
  }
  if (!headers.has('content-type')) {
    headers.set('content-type', { name: 'Content-Type', values: ['application/json'] });
  }
  const sent: [string, string][] = [['x-amzn-RequestId', request.requestId]];
  for (const [key, { name, values }] of headers) {
    if (dropped.has(key)) continue;
    for (const value of values) sent.push([remapped.has(key) ? `x-amzn-Remapped-${name}` : name, value]);
  }
  try {
    for (const [name, value] of sent) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
  } catch {
    return { kind: 'malformed' };
  }
  const body = response.body ?? '';
  const accepted = headerValue(request, 'Accept')?.split(',')[0]?.split(';')[0]?.trim().toLowerCase() ?? '';
  const decode = response.isBase64Encoded === true && isBinaryMediaType(accepted, api.binaryMediaTypes);
  return {
    kind: 'answer',
    answer: {
      statusCode: response.statusCode ?? 200,
      headers: sent,
      body: Buffer.from(body, decode ? 'base64' : 'utf8'),
    },
  };
}
