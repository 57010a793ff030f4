const start = 0x0b;
const end = 0x1c;
const carriageReturn = 0x0d;

/** What came in a frame; one larger than is taken is dropped as it comes, and only known to have come. */
export type Frame = { readonly kind: 'message'; readonly bytes: Buffer } | { readonly kind: 'too-large' };

/** Takes the frames out of a stream, however it is cut into chunks; what stands between frames is no message. */
export class FrameReader {
  readonly #maximumBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #isOpen = false;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  /** The frames that this chunk completes. */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (!this.#isOpen) {
        const begin = chunk.indexOf(start, at);
        if (begin === -1) break;
        this.#isOpen = true;
        at = begin + 1;
      }
      const stop = chunk.indexOf(end, at);
      this.#take(chunk.subarray(at, stop === -1 ? chunk.length : stop));
      if (stop === -1) break;
      frames.push(this.#close());
      at = chunk[stop + 1] === carriageReturn ? stop + 2 : stop + 1;
    }
    return frames;
  }

  #take(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maximumBytes) this.#parts = [];
    else this.#parts.push(part);
  }

  #close(): Frame {
    const frame: Frame =
      this.#bytes > this.#maximumBytes
        ? { kind: 'too-large' }
        : { kind: 'message', bytes: Buffer.concat(this.#parts) };
    this.#parts = [];
    this.#bytes = 0;
    this.#isOpen = false;
    return frame;
  }
}

/** The frame around a message. */
export function writeFrame(message: string | Buffer): Buffer {
  return Buffer.concat([Buffer.of(start), Buffer.from(message), Buffer.of(end, carriageReturn)]);
}
