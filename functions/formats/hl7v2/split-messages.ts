/** Segments that frame several messages in a file or a batch (HL7 v2.4 chapter 2, "Batch protocol"). */
const frames = new Set(['FHS', 'BHS', 'BTS', 'FTS']);

/** The messages of a file: one after another, with or without the frame of a batch or of MLLP. */
export function splitMessages(text: string): string[] {
  const messages: string[][] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: VT and FS frame a message in MLLP.
  for (const line of text.replaceAll(/[\uFEFF\u000B\u001C]/g, '').split(/[\r\n]+/)) {
    const name = line.slice(0, 3);
    if (line.trim() === '' || frames.has(name)) continue;
    if (name === 'MSH' || messages.length === 0) messages.push([line]);
    else messages.at(-1)?.push(line);
  }
  return messages.map((lines) => `${lines.join('\r')}\r`);
}
