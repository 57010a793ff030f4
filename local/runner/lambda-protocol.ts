/** What a worker is told when it starts. */
export interface WorkerStart {
  /** Absolute path of the module that exports the handler. */
  readonly module: string;
  readonly exportName: string;
  readonly functionName: string;
  readonly memoryMegabytes: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** One invocation, as JSON text: what Lambda passes is never a shared object. */
export interface WorkerInvocation {
  readonly payload: string;
  readonly requestId: string;
  readonly functionArn: string;
  readonly traceId: string;
  /** Epoch milliseconds by this machine's clock. */
  readonly deadline: number;
}

/** What a worker is asked: to run an event, or to hand on all its output because it will be ended. */
export type WorkerCommand =
  | { readonly kind: 'invoke'; readonly invocation: WorkerInvocation }
  | { readonly kind: 'flush' };

/** What a worker says: once that its module is loaded (or not), then one outcome for each invocation. */
export type WorkerMessage =
  | { readonly kind: 'ready' | 'flushed' }
  | { readonly kind: 'returned'; readonly payload: string }
  | {
      readonly kind: 'init-failed' | 'failed';
      readonly errorType: string;
      readonly errorMessage: string;
      readonly stack: string;
    };
