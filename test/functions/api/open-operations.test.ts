import type { CapabilityStatement } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsOf, openApiDocument } from '../../../functions/api/openapi-document.ts';
import { pathsOf, routes } from '../../../functions/api/routes.ts';
import { requestExamples, requestSchemas } from '../../../functions/api/schemas.ts';
import { errorCatalogue } from '../../../functions/domain/error-catalogue.ts';
import { recordTypes } from '../../../functions/domain/record/record-types.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

interface Operation {
  operationId: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema: { $ref: string } }> };
  responses: Record<string, { description: string }>;
}
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object };
};

describe('the OpenAPI document', () => {
  it('is served to all, as JSON', async () => {
    const { status, body, headers } = await region.call<Document>('get-openapi', { authorization: null });
    expect([status, headers['content-type'], body.openapi]).toEqual([200, 'application/json', '3.1.0']);
  });

  it('has every route and nothing else, with its parameters, body and errors', () => {
    const { paths, components } = openApiDocument('https://record.test/FHIR/R4') as unknown as Document;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`,
      ),
    );
    expect(described.toSorted()).toEqual(
      routes
        .flatMap((route) =>
          pathsOf(route).map((path, at) => {
            const operation = at === 0 ? route.operation : `${route.operation}-patient`;
            return `${route.method} ${path || '/'} ${operation}`;
          }),
        )
        .toSorted(),
    );
    for (const route of routes) {
      const operation = paths[route.path || '/']?.[route.method.toLowerCase()];
      expect(operation?.security).toEqual(route.permission === 'open' ? [] : [{ bearer: [] }]);
      const names =
        operation?.parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`) ?? [];
      expect(names).toEqual(route.path.match(/\{\w+\}/g) ?? []);
      for (const { name, required } of route.query)
        expect(operation?.parameters).toContainEqual(
          expect.objectContaining({ name, in: 'query', required }),
        );
      if (route.requestSchema) expect(Object.keys(components.schemas)).toContain(route.requestSchema);
      for (const code of errorsOf(route))
        expect(operation?.responses[String(errorCatalogue[code].status)]?.description).toContain(code);
    }
  });

  it('shows examples that its own schemas take', () => {
    for (const [name, schema] of Object.entries(requestSchemas))
      expect(schema.safeParse(requestExamples[name as keyof typeof requestExamples]).error).toBeUndefined();
  });
});

describe('the CapabilityStatement', () => {
  const statement = async () =>
    (await region.call<CapabilityStatement>('get-capability-statement', { authorization: null })).body;

  it('says what it is of, and where tokens come from', async () => {
    const body = await statement();
    expect(body).toMatchObject({
      fhirVersion: '4.0.1',
      kind: 'instance',
      format: ['application/fhir+json', 'json'],
    });
    expect(body.implementation?.url).toBe('https://record.test/FHIR/R4');
    expect(JSON.stringify(body.rest?.[0]?.security)).toContain('https://record.test/FHIR/R4/oauth2/token');
  });

  it('has every FHIR route of the table and no other', async () => {
    const rest = (await statement()).rest?.[0];
    const paths: Record<string, string> = {
      'search-type': 'GET /T',
      read: 'GET /T/{id}',
      create: 'POST /T',
      update: 'PUT /T/{id}',
    };
    const claimed = (rest?.resource ?? []).flatMap(({ type, interaction = [], operation = [] }) => [
      ...interaction.map(({ code }) => paths[code]?.replace('/T', `/${type}`)),
      ...operation.map(({ name }) => `${type} $${name}`),
    ]);
    const expected = routes
      .filter(({ path }) => /^\/([A-Z]|\{type\})/.test(path) && !/\/sections/.test(path))
      .flatMap(({ method, path }) => {
        const [, type = '', operation] = /^\/([^/]+)(?:.*\/\$(.+))?/.exec(path) ?? [];
        const withPatient = operation === undefined && method !== 'GET' ? ['Patient'] : [];
        const types = type === '{type}' ? [...recordTypes, ...withPatient] : [type];
        return types.map((one) =>
          operation ? `${one} $${operation}` : `${method} ${path.replace(`/${type}`, `/${one}`)}`,
        );
      });
    expect(claimed.toSorted()).toEqual(expected.toSorted());
  });

  it('names the search parameters that the searches take', async () => {
    const resources = (await statement()).rest?.[0]?.resource ?? [];
    const parametersOf = (wanted: string) =>
      resources.find(({ type }) => type === wanted)?.searchParam?.map(({ name }) => name) ?? [];
    for (const [type, path] of [
      ['Condition', '/{type}'],
      ['Patient', '/Patient'],
      ['AuditEvent', '/AuditEvent'],
    ] as const) {
      const route = routes.find((row) => row.method === 'GET' && row.path === path);
      const taken = route?.query.map(({ name }) => name).filter((name) => !/^_(count|cursor)$/.test(name));
      expect([type, parametersOf(type)]).toEqual([type, taken]);
    }
  });
});

describe('the status', () => {
  it('passes while the store can be read', async () => {
    const { status, body } = await region.call<{ status: string }>('get-status', { authorization: null });
    expect([status, body.status]).toEqual([200, 'pass']);
  });
});
