import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { LocalService, ServiceAnswer, ServiceRequest } from './local-service.ts';
import { startLocalService } from './local-service.ts';
import type { ObjectFolder } from './object-folder.ts';
import { etagOf, isStorableKey } from './object-folder.ts';

interface S3Input {
  /** The declared buckets by name. */
  readonly buckets: ReadonlyMap<string, ObjectFolder>;
  readonly onDefect: (error: unknown) => void;
}

const maximumKeysAPage = 1000;
const listParameters = new Set([
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
]);

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function xml(statusCode: number, body: string): ServiceAnswer {
  return {
    statusCode,
    headers: { 'Content-Type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

function failure(statusCode: number, code: string, message: string): ServiceAnswer {
  return xml(statusCode, `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`);
}

const notServed = (what: string): ServiceAnswer =>
  failure(501, 'NotImplemented', `${what} is not served locally`);

/** The bytes inside the `aws-chunked` framing that the SDK uses for streams; undefined when it is malformed. */
export function decodeChunks(framed: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = framed.indexOf('\r\n', position);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(framed.toString('latin1', position, lineEnd), 16);
    if (!Number.isInteger(size) || size < 0) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    const start = lineEnd + 2;
    if (start + size + 2 > framed.length) return undefined;
    chunks.push(framed.subarray(start, start + size));
    position = start + size + 2;
  }
}

/** Whether the body is the one that the sender's checksums (SHA-256, CRC-32) were made of. */
function matchesChecksums(body: Buffer, headers: ServiceRequest['headers']): boolean {
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  const actual = {
    'x-amz-checksum-sha256': () => createHash('sha256').update(body).digest('base64'),
    'x-amz-checksum-crc32': () => crc.toString('base64'),
  };
  return Object.entries(actual).every(
    ([name, compute]) => headers[name] === undefined || headers[name] === compute(),
  );
}

async function putObject(folder: ObjectFolder, key: string, request: ServiceRequest): Promise<ServiceAnswer> {
  const { headers } = request;
  const condition = headers['if-none-match'];
  if (condition !== undefined && condition !== '*') return notServed('If-None-Match other than *');
  if (headers['x-amz-copy-source'] !== undefined) return notServed('a copy');
  const body = headers['content-encoding']?.includes('aws-chunked')
    ? decodeChunks(request.body)
    : request.body;
  if (body === undefined) return failure(400, 'IncompleteBody', 'The chunked body is malformed.');
  if (!matchesChecksums(body, headers)) {
    return failure(400, 'BadDigest', 'The checksum that you sent is not the one of the body.');
  }
  const custom: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-amz-meta-')) custom[name] = String(value);
  }
  const metadata = { contentType: headers['content-type'] ?? 'application/octet-stream', custom };
  const wanted = headers['if-match'];
  const current = wanted === undefined ? undefined : await folder.read(key);
  if (wanted !== undefined && current === undefined) return noSuchKey;
  const outcome =
    current === undefined || etagOf(current.body) === wanted
      ? await folder.write(key, body, metadata, condition === '*')
      : 'changed';
  if (outcome !== 'written') {
    return failure(
      412,
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
    );
  }
  return { statusCode: 200, headers: { ETag: etagOf(body) } };
}

const noSuchKey = failure(404, 'NoSuchKey', 'The specified key does not exist.');

async function getObject(folder: ObjectFolder, key: string, request: ServiceRequest): Promise<ServiceAnswer> {
  if (request.headers.range !== undefined) return notServed('a range');
  const found = await folder.read(key);
  if (found === undefined) {
    return request.method === 'HEAD' ? { statusCode: 404 } : noSuchKey;
  }
  return {
    statusCode: 200,
    headers: {
      ...found.metadata.custom,
      'Content-Type': found.metadata.contentType,
      'Content-Length': String(found.body.length),
      ETag: etagOf(found.body),
      'Last-Modified': new Date(found.modifiedAt).toUTCString(),
    },
    ...(request.method === 'HEAD' ? {} : { body: found.body }),
  };
}

async function listObjects(
  bucket: string,
  folder: ObjectFolder,
  query: URLSearchParams,
): Promise<ServiceAnswer> {
  if (query.get('list-type') !== '2') return notServed('a list other than ListObjectsV2');
  for (const name of query.keys())
    if (!listParameters.has(name)) return notServed(`the list parameter ${name}`);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = Math.min(Number(query.get('max-keys') ?? maximumKeysAPage), maximumKeysAPage);
  const token = query.get('continuation-token');
  const after =
    token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString();

  const contents: string[] = [];
  const prefixes = new Set<string>();
  let last = '';
  let truncated = false;
  for (const key of await folder.keys()) {
    if (!key.startsWith(prefix) || Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const group = end === -1 ? undefined : key.slice(0, end + delimiter.length);
    if (group !== undefined && (prefixes.has(group) || after.startsWith(group))) {
      last = key;
      continue;
    }
    if (contents.length + prefixes.size >= limit) {
      truncated = true;
      break;
    }
    last = key;
    if (group !== undefined) {
      prefixes.add(group);
      continue;
    }
    const found = await folder.read(key);
    if (found === undefined) continue;
    contents.push(
      `<Contents><Key>${escapeXml(key)}</Key><LastModified>${new Date(found.modifiedAt).toISOString()}</LastModified>` +
        `<ETag>${escapeXml(etagOf(found.body))}</ETag><Size>${found.body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    );
  }
  const next = truncated
    ? `<NextContinuationToken>${Buffer.from(last).toString('base64url')}</NextContinuationToken>`
    : '';
  const groups = [...prefixes].map(
    (group) => `<CommonPrefixes><Prefix>${escapeXml(group)}</Prefix></CommonPrefixes>`,
  );
  return xml(
    200,
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${escapeXml(bucket)}</Name>` +
      `<Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${contents.length + prefixes.size}</KeyCount>` +
      `<MaxKeys>${limit}</MaxKeys><IsTruncated>${truncated}</IsTruncated>${next}${contents.join('')}${groups.join('')}</ListBucketResult>`,
  );
}

/**
 * Starts S3's PutObject (with `If-None-Match: *` or `If-Match`), GetObject, HeadObject and ListObjectsV2 for the declared buckets, on
 * path-style addresses: the SDK chooses these by itself for an endpoint that is an IP address, so clients need no
 * `forcePathStyle`. Anything else answers 501.
 */
export function startS3(input: S3Input): Promise<LocalService> {
  // Between the look and the write of a conditional put there is no other put of that object.
  const puts = new Map<string, Promise<unknown>>();
  async function putInTurn(name: string, put: () => Promise<ServiceAnswer>): Promise<ServiceAnswer> {
    const before = puts.get(name) ?? Promise.resolve();
    const mine = before.then(put, put);
    puts.set(name, mine);
    try {
      return await mine;
    } finally {
      if (puts.get(name) === mine) puts.delete(name);
    }
  }
  return startLocalService(async (request) => {
    const queryStart = request.url.indexOf('?');
    const rawPath = queryStart === -1 ? request.url : request.url.slice(0, queryStart);
    const query = new URLSearchParams(queryStart === -1 ? '' : request.url.slice(queryStart + 1));
    const slash = rawPath.indexOf('/', 1);
    let bucket: string;
    let key: string;
    try {
      bucket = decodeURIComponent(slash === -1 ? rawPath.slice(1) : rawPath.slice(1, slash));
      key = slash === -1 ? '' : decodeURIComponent(rawPath.slice(slash + 1));
    } catch {
      return failure(400, 'InvalidURI', "Couldn't parse the specified URI.");
    }
    const folder = input.buckets.get(bucket);
    if (folder === undefined) return failure(404, 'NoSuchBucket', 'The specified bucket does not exist');
    if (key === '') {
      return request.method === 'GET'
        ? listObjects(bucket, folder, query)
        : notServed(`${request.method} of a bucket`);
    }
    if (!isStorableKey(key))
      return failure(400, 'InvalidArgument', 'The key is not one that is stored locally.');
    for (const name of query.keys()) if (name !== 'x-id') return notServed(`the parameter ${name}`);
    if (request.method === 'PUT') return putInTurn(`${bucket}/${key}`, () => putObject(folder, key, request));
    if (request.method === 'GET' || request.method === 'HEAD') return getObject(folder, key, request);
    return notServed(`${request.method} of an object`);
  }, input.onDefect);
}
