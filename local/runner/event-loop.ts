/** One event source at work. */
export interface EventLoop {
  /** Resolves when everything that was there at the last look is delivered. */
  idle(): Promise<void>;
  /** Stops after the batch in hand; what is not acknowledged is delivered again after a restart. */
  close(): Promise<void>;
}

/** What a step of a loop may use. */
export interface LoopTurn {
  /** Waits, unless the loop is closed meanwhile. */
  pause(milliseconds: number): Promise<void>;
  /** Waits for more to come, unless somebody waits for the loop to be idle or it is closed meanwhile. */
  linger(milliseconds: number): Promise<void>;
  isClosed(): boolean;
}

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
  step: (turn: LoopTurn) => Promise<'worked' | 'nothing'>,
  subscribe: (wake: () => void) => () => void,
  onDefect: (error: unknown) => void,
): EventLoop {
  let closed = false;
  let pending = true;
  let running: Promise<void> | undefined;
  const waits = new Set<() => void>();
  const lingers = new Set<() => void>();
  let awaitingIdle = 0;

  function wait(milliseconds: number, ending: Set<() => void>): Promise<void> {
    if (closed || milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        ending.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      ending.add(end);
    });
  }
  const turn: LoopTurn = {
    pause: (milliseconds) => wait(milliseconds, waits),
    linger: (milliseconds) => (awaitingIdle > 0 ? Promise.resolve() : wait(milliseconds, lingers)),
    isClosed: () => closed,
  };

  async function run(): Promise<void> {
    while (!closed && pending) {
      pending = false;
      while (!closed && (await step(turn)) === 'worked');
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
      awaitingIdle += 1;
      for (const end of lingers) end();
      while (running !== undefined) await running;
      awaitingIdle -= 1;
    },
    async close() {
      closed = true;
      unsubscribe();
      for (const end of [...waits, ...lingers]) end();
      await running;
    },
  };
}
