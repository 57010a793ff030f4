import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { asksForBytes, fileNameOf, writeBinary } from '../formats/fhir/binary.ts';
import { readBinary } from '../usecases/read-binary.ts';
import { asOf } from './entry-query.ts';
import { fhirId } from './schemas.ts';

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({ _asOf: asOf.optional() }),
};

export const handler = httpOperation(
  'read-binary',
  schemas,
  async (region, caller, { accept, path, query }) => {
    const read = await readBinary(region, caller, { id: path.id, asOf: query._asOf });
    if (!read.ok) return read;
    const { bytes, document, personId, section } = read.value;
    const { contentType, id } = document;
    const resources = [`Binary/${id}`];
    const disclosures = [{ personId, section, resourceCount: 1, resources }];
    if (!asksForBytes(accept, contentType))
      return { ok: true, value: { status: 200, body: writeBinary(document, bytes), disclosures } };
    const headers = {
      'Content-Type': contentType,
      // A sender's document must not run as a page of this host, whatever is in it.
      'Content-Disposition': `attachment; filename="${fileNameOf(document)}"`,
      'Content-Security-Policy': "default-src 'none'; sandbox",
    };
    return { ok: true, value: { status: 200, body: bytes, headers, disclosures } };
  },
);
