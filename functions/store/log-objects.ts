import { requestS3, type S3Answer, type S3Request } from './s3-request.ts';

/** An object of the log, with the mark by which it can be replaced as it was read. */
export interface LogObject {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** How long an object is locked: as long as the archive, or only until it is surely needed no more. */
export type Keeping = 'archive' | 'passing';

/** The objects of the verifiable log. Every call rejects when it is not certain what it did. */
export interface LogObjects {
  read(path: string): Promise<LogObject | undefined>;
  /** Writes an object that does not exist yet; one that does is left as it is. */
  create(path: string, bytes: Buffer, keeping: Keeping): Promise<'created' | 'exists'>;
  /** Replaces exactly the object with this mark; without one, there must be none. */
  replace(path: string, bytes: Buffer, etag: string | undefined): Promise<'replaced' | 'changed'>;
  /** Up to 1,000 paths that begin with `prefix`, in order, from behind `after` on. */
  list(prefix: string, after: string): Promise<string[]>;
}

const timeoutMilliseconds = 5_000;
const tries = 3;

/** Days for which what is staged stays locked: a sequencer that was stopped is surely noticed within them. */
const passingDays = 35;

/**
 * The objects of the log in the audit bucket. Where it has Object Lock, that keeps each as long as the archive is to be kept; a
 * bucket without one (of a region that is to be thrown away) takes no word about locks.
 */
export function openLogObjects(bucket: string, now: () => Date, isLocked = false): LogObjects {
  const request = (rest: Omit<S3Request, 'bucket' | 'timeoutMilliseconds'>) =>
    withRetries({ ...rest, bucket, timeoutMilliseconds });
  return {
    async read(key) {
      const { status, body, etag } = await request({ method: 'GET', key });
      if (status === 404) return undefined;
      expectStatus(status, 200);
      return { bytes: body, etag };
    },
    async create(key, body, keeping) {
      const until = new Date(now().getTime() + passingDays * 86_400_000).toISOString();
      const lock = {
        'x-amz-object-lock-mode': 'COMPLIANCE',
        'x-amz-object-lock-retain-until-date': until,
        'x-amz-tagging': 'keeping=passing',
      };
      const headers = { 'if-none-match': '*', ...(isLocked && keeping === 'passing' && lock) };
      const { status } = await request({ method: 'PUT', key, headers, body });
      if (status === 412) return 'exists';
      expectStatus(status, 200);
      return 'created';
    },
    async replace(key, body, etag) {
      const condition = etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag };
      const headers = { ...condition, 'content-type': 'text/plain; charset=utf-8' };
      const { status } = await request({ method: 'PUT', key, headers, body });
      if (status === 412) return 'changed';
      expectStatus(status, 200);
      return 'replaced';
    },
    async list(prefix, after) {
      const query = { 'list-type': '2', prefix, 'start-after': after };
      const { status, body } = await request({ method: 'GET', query });
      expectStatus(status, 200);
      return [...body.toString('utf8').matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
    },
  };
}

function expectStatus(status: number, wanted: number): void {
  if (status !== wanted) throw new Error(`S3 answered ${status}`);
}

/** 409 is S3's word for two conditional writes at once: the same again decides it. */
const isPassing = (status: number) => status >= 500 || status === 409 || status === 429;

async function withRetries(request: S3Request): Promise<S3Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await requestS3(request);
      if (attempt === tries || !isPassing(answer.status)) return answer;
    } catch (error) {
      if (attempt === tries) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt * Math.random()));
  }
}
