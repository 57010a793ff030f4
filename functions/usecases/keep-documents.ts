import type { FhirResource } from 'fhir/r4.js';
import { separateDocuments } from '../formats/fhir/attachments.ts';
import type { JsonObject } from '../formats/fhir/json.ts';
import type { ClinicalEntry } from '../store/clinical-entry.ts';
import { putDocument } from '../store/document.ts';
import { entryId, sourcePartition } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { Write } from '../store/transaction.ts';
import { type Result, refuse } from './region.ts';

/** What can be served: base64 makes four bytes of three, and Lambda answers with 6 MB at most. */
export const largestDocument = 4_000_000;

/**
 * Puts the large bodies of an entry into the documents bucket, before anything is stored: an object that no transaction
 * then names is unreachable and does no harm. Gives the entry as it is to be stored, with the writes of its documents.
 */
export async function keepDocuments(
  store: Store,
  entry: ClinicalEntry,
): Promise<Result<{ entry: ClinicalEntry; writes: readonly Write<never>[] }>> {
  const { source, resourceType } = entry;
  const { documents, resource } = separateDocuments(entry.resource as unknown as JsonObject, {
    ods: source.ods,
    idOf: (digest) =>
      entryId(
        store.keys,
        source.ods,
        'Binary',
        `${sourcePartition(source)} ${resourceType} ${entry.entryId} ${digest}`,
      ),
  });
  if (documents.some(({ bytes }) => bytes.length > largestDocument)) return refuse('TOO_LARGE');
  const bucket = store.documents;
  if (documents.length > 0 && !bucket) throw new Error('this function was not given the documents bucket');
  await Promise.all(documents.map(({ bytes, digest }) => bucket?.put(digest, bytes)));
  return {
    ok: true,
    value: {
      entry: { ...entry, resource: resource as unknown as FhirResource },
      writes: documents.map(({ bytes, contentType, digest, id }) =>
        putDocument(store, {
          id,
          source,
          resourceType,
          entryId: entry.entryId,
          contentType,
          size: bytes.length,
          digest,
        }),
      ),
    },
  };
}
