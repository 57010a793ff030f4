/** Where a command writes. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Progress and errors. */
  err(text: string): void;
  /** True when progress may overwrite its own line. */
  readonly isInteractive: boolean;
  /** Bold, where colour is allowed. */
  bold(text: string): string;
}

/** The process's own terminal. Results are coloured only on a terminal and without `NO_COLOR` (no-color.org). */
export function processTerminal(): Terminal {
  const isColoured = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    isInteractive: process.stderr.isTTY === true,
    bold: (text) => (isColoured ? `\u001b[1m${text}\u001b[22m` : text),
  };
}
