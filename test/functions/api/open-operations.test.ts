import type { CapabilityStatement } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsOf, openApiDocument } from '../../../functions/api/openapi-document.ts';
import { routes } from '../../../functions/api/routes.ts';
import { requestExamples, requestSchemas } from '../../../functions/api/schemas.ts';
import { errorCatalogue } from '../../../functions/domain/error-catalogue.ts';
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
      routes.map(({ method, path, operation }) => `${method} ${path || '/'} ${operation}`).toSorted(),
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
  it('names the resource types and operations of the routes table', async () => {
    const { body } = await region.call<CapabilityStatement>('get-capability-statement', {
      authorization: null,
    });
    expect(body).toMatchObject({
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.0.1',
      kind: 'instance',
    });
    const resources = body.rest?.[0]?.resource ?? [];
    expect(resources.map(({ type }) => type).toSorted()).toEqual(['AuditEvent', 'Consent', 'Patient']);
    expect(resources.find(({ type }) => type === 'Patient')?.operation?.map(({ name }) => name)).toEqual([
      'match',
      'merge',
      'unmerge',
      'link-history',
    ]);
  });
});

describe('the status', () => {
  it('passes while the store can be read', async () => {
    const { status, body } = await region.call<{ status: string }>('get-status', { authorization: null });
    expect([status, body.status]).toEqual([200, 'pass']);
  });
});
