import type { Terminal } from './terminal.ts';

/** Shows how far a piece of work is, on standard error. */
export interface Progress {
  /** `done` of `total`, when the total is known. */
  show(done: number): void;
  finish(): void;
}

/** Work that is over sooner shows nothing. */
const silentMilliseconds = 1000;

/** Between two lines where nothing can be overwritten. */
const lineMilliseconds = 5000;

/** Progress of one piece of work: a line that overwrites itself on a terminal, a plain line now and then elsewhere. */
export function startProgress(terminal: Terminal, label: string, total: number, clock = Date.now): Progress {
  const startedAt = clock();
  let shownAt = 0;
  let isShown = false;
  return {
    show(done) {
      const now = clock();
      if (now - startedAt < silentMilliseconds) return;
      if (now - shownAt < (terminal.isInteractive ? 100 : lineMilliseconds)) return;
      shownAt = now;
      const line = `${label} ${done} of ${total}`;
      if (terminal.isInteractive) process.stderr.write(`\r\u001b[2K${line}`);
      else terminal.err(line);
      isShown = true;
    },
    finish() {
      if (isShown && terminal.isInteractive) process.stderr.write('\r\u001b[2K');
    },
  };
}
