import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { documentKey, type SourceRef } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';
import type { Write } from './transaction.ts';

/** A document whose body is an object of the documents bucket: which entry it belongs to, and what it is. */
export interface Document {
  /** Opaque: `Binary/{id}`. */
  readonly id: string;
  readonly source: SourceRef;
  readonly resourceType: string;
  readonly entryId: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 (hex) of the bytes, under which they are kept. */
  readonly digest: string;
}

/** The write of a document; the same bytes in the same entry are one document, however often they are sent. */
export function putDocument({ recordTable: TableName }: Store, document: Document): Write<never> {
  const Item = { ...documentKey(document.id), type: 'Document', schemaVersion, ...document };
  return { item: { Put: { TableName, Item } } };
}

/** The document of an id; undefined when there is none. */
export async function getDocument({ client, recordTable }: Store, id: string): Promise<Document | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: recordTable, Key: documentKey(id), ConsistentRead: true }),
  );
  return Item as Document | undefined;
}
