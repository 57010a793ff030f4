import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { AuditEvent, Bundle, OperationOutcome } from 'fhir/r4.js';
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';
import { basePath, routes } from '../../functions/api/routes.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import type { Role } from '../../functions/domain/access/roles.ts';
import type { AuditEntry } from '../../functions/domain/audit/audit-entry.ts';
import { writeAuditEvent } from '../../functions/formats/fhir/audit-event.ts';
import { startKms } from '../../local/aws/kms.ts';
import { createMemoryFolder, type ObjectFolder } from '../../local/aws/object-folder.ts';
import { openQueue, type Queue } from '../../local/aws/queue.ts';
import { startS3 } from '../../local/aws/s3.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { startSqs } from '../../local/aws/sqs.ts';
import { balpProblems } from './balp-rules.ts';
import { policy } from './policy.ts';
import { openTestStore, type TestStore } from './store.ts';
import { fhirProblems } from './validate-answer.ts';

/** Who asks in a test; clinician of T9A unless told otherwise. */
export interface TestCaller {
  readonly role?: Role;
  readonly organisation?: string;
  readonly purpose?: string;
  readonly subject?: string;
  readonly name?: string;
}

/** A request in a test. */
export interface TestRequest {
  readonly caller?: TestCaller;
  /** An Authorization header instead of an authoriser's context; `null` for neither. */
  readonly authorization?: string | null;
  readonly path?: Readonly<Record<string, string>>;
  /** A list is a parameter that is repeated. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** An object is sent as JSON, text as it is, bytes as base64. */
  readonly body?: object | string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response with its body read. */
export interface TestResponse<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly body: Body;
  /** The catalogue's code when it is an error. */
  readonly code: string | undefined;
}

/** The operations of a region on an in-memory engine, called with API Gateway events. */
export interface TestRegion {
  readonly store: TestStore;
  readonly call: <Body = Bundle>(operation: string, request?: TestRequest) => Promise<TestResponse<Body>>;
  readonly signToken: (claims?: Record<string, unknown>, header?: Record<string, string>) => Promise<string>;
  /** Every audit entry, oldest first. */
  readonly auditEntries: () => Promise<AuditEntry[]>;
  /** The queue of feeds, and where it gives up messages. */
  readonly intake: { readonly queue: Queue; readonly failures: Queue };
  /** The objects of the audit bucket. */
  readonly auditBucket: ObjectFolder;
  /** The objects of the documents bucket. */
  readonly documentsBucket: ObjectFolder;
  /** Every entry that went into the second sink, because the table did not take it in time. */
  readonly secondSink: () => Promise<AuditEntry[]>;
  /** Every item of the record table. */
  readonly recordItems: () => Promise<Record<string, unknown>[]>;
  /** Everything that was logged. */
  readonly logs: () => string;
  readonly close: () => Promise<void>;
}

const tokenKeyArn = 'arn:aws:kms:eu-west-2:000000000000:key/token';

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/**
 * Opens a region for one test file; the functions read their environment once, so each file has its own process.
 * `endpointInFrontOf` puts something between the functions and the engine, such as faults; `bucketsInFrontOf` the same
 * before the buckets.
 */
export async function openTestRegion(
  options: {
    endpointInFrontOf?: (endpoint: string) => Promise<string>;
    bucketsInFrontOf?: (endpoint: string) => Promise<string>;
    /** Public key sets of registered clients. */
    clientKeys?: Readonly<Record<string, JSONWebKeySet>>;
    /** What is other than in the policy of tests. */
    policyChanges?: Partial<RegionPolicy>;
  } = {},
): Promise<TestRegion> {
  const store = await openTestStore();
  const endpoint = (await options.endpointInFrontOf?.(store.endpoint)) ?? store.endpoint;
  const taskRoot = mkdtempSync(join(tmpdir(), 'towpath-test-'));
  writeFileSync(join(taskRoot, 'region.json'), JSON.stringify({ ...policy, ...options.policyChanges }));
  const secrets = await startSecretsManager({
    secrets: [
      {
        arn: 'arn:aws:secretsmanager:eu-west-2:000000000000:secret:region',
        name: 'region',
        value: { kind: 'given', text: 'a secret for tests only, of more than thirty-two characters' },
      },
    ],
    file: undefined,
    clock: Date.now,
    onDefect: (error) => {
      throw error;
    },
  });
  const auditBucket = createMemoryFolder(Date.now);
  const documentsBucket = createMemoryFolder(Date.now);
  const s3 = await startS3({
    buckets: new Map([
      ['audit', auditBucket],
      ['documents', documentsBucket],
    ]),
    onDefect: (error) => {
      throw error;
    },
  });
  const buckets = (await options.bucketsInFrontOf?.(s3.endpoint)) ?? s3.endpoint;
  const fifo = { isFifo: true, file: undefined, clock: Date.now };
  const failures = openQueue({ ...fifo, name: 'failures', arn: 'arn:failures', redrive: undefined });
  const queue = openQueue({
    ...fifo,
    name: 'intake',
    arn: 'arn:intake',
    redrive: { deadLetterQueue: failures, maximumReceives: 5 },
  });
  const sqs = await startSqs({
    findQueue: (name) => [queue, failures].find((one) => one.name === name),
    allQueues: () => [queue, failures],
    onDefect: (error) => {
      throw error;
    },
  });
  const kms = await startKms({
    keys: [{ arn: tokenKeyArn, spec: 'ECC_NIST_P384' }],
    file: undefined,
    onDefect: (error) => {
      throw error;
    },
  });
  const { publicKey, privateKey } = await generateKeyPair('ES384');
  Object.assign(process.env, {
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_REGION: 'eu-west-2',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    AWS_ENDPOINT_URL_S3: buckets,
    AUDIT_BUCKET: 'audit',
    DOCUMENTS_BUCKET: 'documents',
    // A busy machine must not send a test's entries into the second sink.
    AUDIT_BUDGET: '10000',
    RECORD_TABLE: store.recordTable,
    AUDIT_TABLE: store.auditTable,
    INTAKE_QUEUE: `${sqs.endpoint}/000000000000/intake`,
    REGION_SECRET: 'region',
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    TOKEN_KEY: tokenKeyArn,
    CLIENT_JWKS: JSON.stringify(options.clientKeys ?? {}),
    TOKEN_JWKS: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES384' }] }),
    POWERTOOLS_SERVICE_NAME: 'test',
    POWERTOOLS_METRICS_NAMESPACE: 'Towpath',
    LOG_LEVEL: 'DEBUG',
  });
  const logged: string[] = [];
  const restore = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      logged.push(String(chunk));
      return String(chunk).startsWith('{') ? true : write(chunk, ...rest);
    }) as typeof stream.write;
    return () => {
      stream.write = write;
    };
  });

  const scan = async (TableName: string) => {
    const { paginateScan } = await import('@aws-sdk/lib-dynamodb');
    const items: Record<string, unknown>[] = [];
    for await (const page of paginateScan({ client: store.client }, { TableName }))
      items.push(...(page.Items ?? []));
    return items;
  };
  const auditEntries = async () => {
    const items = (await scan(store.auditTable)).filter(({ type }) => type === 'AuditEntry');
    return (items as unknown as AuditEntry[]).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };
  // What many requests are answered alike is held against FHIR once.
  const validated = new Set<string>();
  return {
    store,
    async call(operation, request = {}) {
      const { handler } = (await import(`../../functions/api/${operation}.ts`)) as { handler: Handler };
      const context = { awsRequestId: 'lambda-request' } as Context;
      const answer = await handler(toEvent(operation, request), context);
      const isJson = String(answer.headers?.['Content-Type']).includes('json');
      const body = isJson ? JSON.parse(answer.body) : {};
      const headers = Object.fromEntries(
        Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
      );
      const isNew = headers['content-type']?.includes('fhir') && !validated.has(answer.body);
      const problems = isNew ? fhirProblems(body) : [];
      validated.add(answer.body);
      if (problems.length > 0) throw new Error(`${operation} answered no FHIR R4: ${problems.join('; ')}`);
      return { status: answer.statusCode, headers, text: answer.body, body, code: codeOf(body) };
    },
    signToken: (claims = {}, header = {}) => {
      const token = new SignJWT({
        name: 'Ada Quay',
        role: 'clinician',
        organisation: 'T9A',
        purpose: 'directcare',
        sub: 'user-1',
        jti: 'token-1',
        iss: policy.tokenIssuer,
        aud: policy.tokenAudience,
        ...(claims.exp === null ? { ...claims, exp: undefined } : claims),
      })
        .setProtectedHeader({ alg: 'ES384', typ: 'at+jwt', kid: 'test', ...header })
        .setIssuedAt((claims.iat as number | undefined) ?? undefined);
      // `exp: null` is a token that never ends.
      if (claims.exp !== null) token.setExpirationTime((claims.exp as number | undefined) ?? '10m');
      return token.sign(privateKey);
    },
    auditEntries,
    intake: { queue, failures },
    auditBucket,
    documentsBucket,
    secondSink: async () => {
      const keys = (await auditBucket.keys()).filter((key) => key.startsWith('second-sink/'));
      const objects = await Promise.all(keys.map((key) => auditBucket.read(key)));
      return objects.flatMap((object) => (object ? [JSON.parse(object.body.toString()) as AuditEntry] : []));
    },
    recordItems: () => scan(store.recordTable),
    logs: () => logged.join(''),
    close: async () => {
      for (const undo of restore) undo();
      expectConformantAudit(await auditEntries());
      await secrets.close();
      await kms.close();
      await sqs.close();
      await s3.close();
      await store.close();
      rmSync(taskRoot, { recursive: true });
    },
  };
}

/** Every entry that any test made must be a conformant AuditEvent. */
function expectConformantAudit(entries: readonly AuditEntry[]): void {
  const place = { policy, baseUrl: `https://record.test${basePath}` };
  const problems = entries.flatMap((entry) =>
    balpProblems(writeAuditEvent(entry, place)).map((problem) => `${entry.operation}: ${problem}`),
  );
  if (problems.length > 0)
    throw new Error(`audit events break IHE BALP: ${[...new Set(problems)].join('; ')}`);
}

function codeOf(body: OperationOutcome | AuditEvent | object): string | undefined {
  return 'resourceType' in body && body.resourceType === 'OperationOutcome'
    ? (body as OperationOutcome).issue[0]?.details?.coding?.[0]?.code
    : undefined;
}

function bodyTextOf(body: TestRequest['body']): string | null {
  if (body === undefined) return null;
  if (Buffer.isBuffer(body)) return body.toString('base64');
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** The REST API (v1) proxy event of a request. */
export function toEvent(operation: string, request: TestRequest): APIGatewayProxyEvent {
  const route = routes.find((row) => row.operation === operation);
  if (!route) throw new Error(`no route is named ${operation}`);
  const resource = `${basePath}${route.path}`;
  const path = Object.entries(request.path ?? {}).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, value),
    resource,
  );
  const {
    role = 'clinician',
    organisation = 'T9A',
    purpose = 'directcare',
    subject = 'user-1',
    name = 'Ada Quay',
  } = request.caller ?? {};
  const headers: Record<string, string> = {
    'Content-Type': 'application/fhir+json',
    'X-Forwarded-Proto': 'https',
    ...(request.authorization && { Authorization: request.authorization }),
    ...request.headers,
  };
  const multi = (values: Readonly<Record<string, string | readonly string[]>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat()]));
  const context =
    request.authorization === undefined
      ? {
          authorizer: {
            subject,
            name,
            role,
            organisation,
            purpose,
            tokenId: 'token-1',
            principalId: subject,
          },
        }
      : {};
  return {
    resource,
    path,
    httpMethod: route.method,
    headers,
    multiValueHeaders: multi(headers),
    queryStringParameters: request.query
      ? Object.fromEntries(
          Object.entries(request.query).map(([name, value]) => [name, [value].flat().at(-1)]),
        )
      : null,
    multiValueQueryStringParameters: request.query ? multi(request.query) : null,
    pathParameters: request.path ?? null,
    stageVariables: null,
    body: bodyTextOf(request.body),
    isBase64Encoded: Buffer.isBuffer(request.body),
    requestContext: {
      ...context,
      domainName: 'record.test',
      stage: 'live',
      path,
      resourcePath: resource,
      httpMethod: route.method,
    },
  } as unknown as APIGatewayProxyEvent;
}
