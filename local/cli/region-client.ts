import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import type { Outcome } from './command.ts';

/** An answer of the region. */
export interface RegionAnswer {
  readonly status: number;
  /** The parsed body; undefined when it is no JSON. */
  readonly body: unknown;
}

/** Talks to one region as one caller at a time. */
export interface RegionClient {
  readonly baseUrl: string;
  get(path: string, token?: string): Promise<RegionAnswer>;
  /** Sends FHIR JSON; one X-Request-ID for all attempts, so that a repeated write is done once. */
  post(path: string, body: object, token: string): Promise<RegionAnswer>;
  /** Sends one HL7 v2 message as it is; `text` is the acknowledgement where the region gave one. */
  postHl7v2(message: Uint8Array, token: string): Promise<RegionAnswer & { readonly text?: string }>;
}

/** The region cannot be reached at all. */
export class RegionUnreachable extends Error {
  override readonly name = 'RegionUnreachable';
}

/** A load waits out a throttle of a minute or so, and an audit store that is away for some seconds. */
const throttledAttempts = 60;
const unavailableAttempts = 10;
const failedAttempts = 3;

const longestWaitMilliseconds = 2000;

/** A client of the region at `baseUrl`. It waits and repeats when the region throttles, and a few times when it fails. */
export function regionClient(baseUrl: string): RegionClient {
  async function send(path: string, init: RequestInit): Promise<RegionAnswer & { readonly text: string }> {
    const headers = { ...init.headers, 'X-Request-ID': randomUUID() };
    for (let attempt = 1; ; attempt += 1) {
      let response: Response;
      try {
        response = await fetch(`${baseUrl}${path}`, { ...init, headers });
      } catch (cause) {
        throw new RegionUnreachable(`no region answers at ${baseUrl}`, { cause });
      }
      const text = await response.text().catch(() => '');
      const { status } = response;
      if (attempt >= attemptsFor(status)) return { status, body: parseBody(text), text };
      await wait(waitMilliseconds(attempt, response.headers.get('retry-after')));
    }
  }
  return {
    baseUrl,
    get: (path, token) =>
      send(path, { headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } }),
    post: (path, body, token) =>
      send(path, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/fhir+json',
          // Whoever loads or decides wants to know what became of it.
          Prefer: 'respond-sync',
        },
        body: JSON.stringify(body),
      }),
    async postHl7v2(message, token) {
      const { text, ...answer } = await send('/hl7v2', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/hl7-v2' },
        body: Buffer.from(message),
      });
      return { ...answer, ...(text.startsWith('MSH') && { text }) };
    },
  };
}

function attemptsFor(status: number): number {
  if (status === 429) return throttledAttempts;
  if (status === 503) return unavailableAttempts;
  return status >= 500 || status === 409 ? failedAttempts : 1;
}

/**
 * How long to wait before the next attempt: what the region asks for (`Retry-After` in seconds), and on top, or instead, a
 * random part of a time that doubles, so that callers who were refused together do not come back together.
 */
export function waitMilliseconds(
  attempt: number,
  retryAfter: string | null,
  random: () => number = Math.random,
): number {
  const spread = random() * Math.min(50 * 2 ** attempt, longestWaitMilliseconds);
  const asked = retryAfter !== null && /^\d{1,3}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  return Math.round(asked + spread);
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const outcomeSchema = z.object({
  resourceType: z.literal('OperationOutcome'),
  issue: z
    .array(
      z.object({
        diagnostics: z.string().optional(),
        details: z
          .object({
            text: z.string().optional(),
            coding: z.array(z.object({ code: z.string() })).optional(),
          })
          .optional(),
      }),
    )
    .min(1),
});

/** What a refusal says. */
export interface RefusalAnswer {
  /** Of the error catalogue; the HTTP status as text when the answer is no OperationOutcome. */
  readonly code: string;
  readonly text: string;
  /** Places in the request, joined by semicolons; empty when none is named. */
  readonly diagnostics: string;
}

/** Reads an answer that is not a success. */
export function readRefusal({ status, body }: RegionAnswer): RefusalAnswer {
  const parsed = outcomeSchema.safeParse(body);
  const issue = parsed.success ? parsed.data.issue[0] : undefined;
  return {
    code: issue?.details?.coding?.[0]?.code ?? String(status),
    text: issue?.details?.text ?? `the region answered ${status}`,
    diagnostics: issue?.diagnostics ?? '',
  };
}

/** An answer that is not a success, as the end of a command. */
export function refusalOutcome(answer: RegionAnswer): Extract<Outcome, { kind: 'failed' }> {
  const { code, diagnostics, text } = readRefusal(answer);
  return {
    kind: 'failed',
    message: `${code}: ${text}`,
    ...(diagnostics && { fix: diagnostics }),
    json: { code },
  };
}
