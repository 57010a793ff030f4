import { secondSinkPath } from './keys.ts';
import { requestS3 } from './s3-request.ts';
import type { SecondSink } from './store.ts';

/** Milliseconds for one try; there are two. A caller waits for it only after the table has failed. */
const tryMilliseconds = 700;

/** The second sink: objects of the audit bucket, by a put that creates and never overwrites (`If-None-Match: *`). */
export function openSecondSink(bucket: string): SecondSink {
  return {
    async put(name, text) {
      const tryPut = async () => {
        const { status } = await requestS3({
          method: 'PUT',
          bucket,
          key: secondSinkPath(name),
          headers: { 'if-none-match': '*', 'content-type': 'application/json' },
          body: text,
          timeoutMilliseconds: tryMilliseconds,
        });
        // 412: it is there. Nobody else has a name with our random id, so it came from a try whose answer was lost.
        if (status !== 200 && status !== 412) throw new Error(`the second sink answered ${status}`);
      };
      await tryPut().catch(tryPut);
    },
  };
}
