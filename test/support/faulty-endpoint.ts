import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a store call fails: refused before it had an effect, or done with its reply lost. */
export type FaultKind = 'throttled' | 'failed-before-effect' | 'reply-lost-after-effect';

/** Which calls fail, counted from the moment it is set; `length` 3 outlasts the client's own retries. */
export interface FaultPlan {
  readonly from: number;
  readonly length: number;
  readonly kind: FaultKind;
}

/** An HTTP endpoint in front of a DynamoDB engine that fails the calls a plan names, and no others. */
export interface FaultyEndpoint {
  readonly start: (target: string) => Promise<string>;
  readonly setPlan: (plan: FaultPlan | undefined) => void;
  /** Does something before the given call of a plan is passed on: what else happens at that moment. */
  readonly meanwhile: (call: number, act: () => Promise<void>) => void;
  /** Calls since the plan was set. */
  readonly calls: () => number;
  readonly close: () => Promise<void>;
}

const types = {
  throttled: [400, 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException'],
  'failed-before-effect': [500, 'com.amazonaws.dynamodb.v20120810#InternalServerError'],
} as const;

/** Makes a {@link FaultyEndpoint}. */
export function makeFaultyEndpoint(): FaultyEndpoint {
  let plan: FaultPlan | undefined;
  let calls = 0;
  let interlude: { readonly call: number; readonly act: () => Promise<void> } | undefined;
  let server: Server | undefined;
  return {
    async start(target) {
      const made = createServer(async (incoming, outgoing) => {
        calls += 1;
        const call = calls;
        if (interlude?.call === call) await interlude.act();
        const { from, length, kind } = plan ?? {
          from: Number.POSITIVE_INFINITY,
          length: 0,
          kind: 'throttled',
        };
        const fails = call >= from && call < from + length;
        if (fails && kind !== 'reply-lost-after-effect') {
          const [status, type] = types[kind];
          incoming.resume();
          outgoing
            .writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' })
            .end(JSON.stringify({ __type: type, message: 'a planned fault' }));
          return;
        }
        const forwarded = httpRequest(
          new URL(incoming.url ?? '/', target),
          { method: incoming.method, headers: incoming.headers },
          (answer) => {
            if (fails) {
              answer.resume();
              answer.on('end', () => incoming.socket.destroy());
              return;
            }
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(outgoing);
          },
        );
        forwarded.on('error', () => outgoing.destroy());
        incoming.pipe(forwarded);
      });
      server = made;
      await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
    },
    setPlan(next) {
      plan = next;
      calls = 0;
      interlude = undefined;
    },
    meanwhile(call, act) {
      interlude = { call, act };
    },
    calls: () => calls,
    close: async () => {
      server?.closeAllConnections();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    },
  };
}
