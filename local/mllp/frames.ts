const start = 0x0b;
const end = 0x1c;
const carriageReturn = 0x0d;

/** Of a message that is too large, as much is kept: its header is in it. */
const keptBytes = 2000;

/** What came in a frame; one larger than is taken is dropped as it comes, but for its beginning. */
export interface Frame {
  readonly kind: 'message' | 'too-large';
  readonly bytes: Buffer;
}

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
    this.#parts.push(part);
    if (this.#bytes > this.#maximumBytes) this.#parts = [Buffer.concat(this.#parts).subarray(0, keptBytes)];
  }

  #close(): Frame {
    const kind = this.#bytes > this.#maximumBytes ? 'too-large' : 'message';
    const frame: Frame = { kind, bytes: Buffer.concat(this.#parts) };
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
