/** One event source at work. */
export interface EventLoop {
  /** Resolves when everything that was there at the last look is delivered. */
  idle(): Promise<void>;
  /** Stops after the batch in hand; what is not acknowledged is delivered again after a restart. */
  close(): Promise<void>;
}

/** Waits, unless the loop is closed meanwhile. */
export type Pause = (milliseconds: number) => Promise<void>;

const firstPauseMilliseconds = 25;
const longestPauseMilliseconds = 10_000;

/** How long to wait before the nth try after a failure: the first at once, then doubling. */
export function pauseBeforeRetry(attempt: number): number {
  if (attempt <= 1) return 0;
  return Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (attempt - 2));
}

/**
 * Calls `step` again and again while it reports work, then rests until `wake` is called. A step that throws is a
 * defect: it goes to `onDefect` and the loop stops.
 */
export function startEventLoop(
  step: (pause: Pause, isClosed: () => boolean) => Promise<'worked' | 'nothing'>,
  subscribe: (wake: () => void) => () => void,
  onDefect: (error: unknown) => void,
): EventLoop {
  let closed = false;
  let pending = true;
  let running: Promise<void> | undefined;
  let endPause: (() => void) | undefined;

  const pause: Pause = (milliseconds) => {
    if (closed || milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  async function run(): Promise<void> {
    while (!closed && pending) {
      pending = false;
      while (!closed && (await step(pause, () => closed)) === 'worked');
    }
  }

  function start(): void {
    running ??= run()
      .catch((error: unknown) => {
        closed = true;
        onDefect(error);
      })
      .finally(() => {
        running = undefined;
        // A wake between the last look and here would be lost otherwise.
        if (pending && !closed) start();
      });
  }

  const unsubscribe = subscribe(() => {
    pending = true;
    start();
  });
  start();
  return {
    async idle() {
      while (running !== undefined) await running;
    },
    async close() {
      closed = true;
      unsubscribe();
      endPause?.();
      await running;
    },
  };
}
