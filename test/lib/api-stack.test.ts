import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { pathsOf, routes } from '../../functions/api/routes.ts';
import { errorCatalogue, errorSystem } from '../../functions/domain/error-catalogue.ts';
import { loadRegions } from '../../lib/config/load-regions.ts';
import type { RegionConfig } from '../../lib/config/schema.ts';
import {
  type Resource,
  resourceNamed,
  resourcesOf,
  type StageTemplates,
  synthesise,
  type Template,
} from './synthesise.ts';

const stages = ['london', 'hertfordshire-west-essex'] as const;

let templates: (stage: string) => StageTemplates;
let regions: ReadonlyMap<string, RegionConfig>;
beforeAll(async () => {
  templates = await synthesise(stages);
  regions = await loadRegions();
});

const ref = z.object({ Ref: z.string() });

/** The methods of a template by `METHOD /path`, the path put together from the tree of resources. */
function methodsByRoute(template: Template): Map<string, Resource> {
  const pathOf = (id: unknown): string => {
    const logicalId = ref.safeParse(id).data?.Ref;
    const resource = logicalId === undefined ? undefined : template.Resources[logicalId];
    if (resource?.Type !== 'AWS::ApiGateway::Resource') return '';
    return `${pathOf(resource.Properties.ParentId)}/${String(resource.Properties.PathPart)}`;
  };
  const methods = resourcesOf(template, 'AWS::ApiGateway::Method').map(
    (method) =>
      [`${String(method.Properties.HttpMethod)} ${pathOf(method.Properties.ResourceId)}`, method] as const,
  );
  return new Map(methods);
}

function methodOf(template: Template, { method, path }: { method: string; path: string }): Resource {
  const found = methodsByRoute(template).get(`${method} /FHIR/R4${path}`);
  if (!found) throw new Error(`no method ${method} ${path}`);
  return found;
}

describe.each(stages)('the API of %s', (stage) => {
  it('has exactly the methods of the route table', () => {
    const { api } = templates(stage);
    const expected = routes
      .flatMap((route) => pathsOf(route).map((path) => `${route.method} /FHIR/R4${path}`))
      .sort();
    expect([...methodsByRoute(api).keys()].sort()).toEqual(expected);
    expect(resourcesOf(api, 'AWS::ApiGateway::Method')).toHaveLength(expected.length);
  });

  it.each(routes)('$operation calls its own function', ({ operation, method, path }) => {
    const { api } = templates(stage);
    const integration = z
      .object({ Type: z.literal('AWS_PROXY'), Uri: z.unknown() })
      .parse(methodOf(api, { method, path }).Properties.Integration);
    const functionId = /"Fn::GetAtt":\["(\w+)"/.exec(JSON.stringify(integration.Uri))?.[1] ?? '';
    expect(api.Resources[functionId]?.Properties).toMatchObject({
      Environment: { Variables: { POWERTOOLS_SERVICE_NAME: operation } },
    });
  });

  it.each(routes)('$operation is behind the authoriser unless it is open', ({ method, path, permission }) => {
    const { api } = templates(stage);
    const [authoriser] = resourcesOf(api, 'AWS::ApiGateway::Authorizer');
    const { Properties } = methodOf(api, { method, path });
    if (permission === 'open') {
      expect(Properties.AuthorizationType).toBe('NONE');
      expect(Properties.ApiKeyRequired ?? false).toBe(false);
    } else {
      expect(Properties).toMatchObject({
        AuthorizationType: 'CUSTOM',
        AuthorizerId: { Ref: authoriser?.logicalId },
        ApiKeyRequired: true,
      });
    }
  });

  it('caches what the authoriser said for five minutes by the Authorization header alone', () => {
    const { api } = templates(stage);
    expect(resourcesOf(api, 'AWS::ApiGateway::Authorizer').map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({
        Type: 'REQUEST',
        IdentitySource: 'method.request.header.Authorization',
        AuthorizerResultTtlInSeconds: 300,
      }),
    ]);
    expect(resourceNamed(api, 'AWS::ApiGateway::RestApi', 'Api').Properties.ApiKeySourceType).toBe(
      'AUTHORIZER',
    );
  });

  it.each(routes)(
    '$operation has its body and parameters checked',
    ({ method, path, permission, requestSchema, query }) => {
      const { api } = templates(stage);
      const { Properties } = methodOf(api, { method, path });
      const validator = resourceNamed(api, 'AWS::ApiGateway::RequestValidator', 'Api');
      expect(validator.Properties).toMatchObject({
        ValidateRequestBody: true,
        ValidateRequestParameters: true,
      });
      expect(Properties.RequestValidatorId).toEqual({ Ref: validator.logicalId });
      const pathNames = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Properties.RequestParameters).toEqual({
        'method.request.header.X-Request-ID': false,
        ...Object.fromEntries(pathNames.map((name) => [`method.request.path.${name}`, true])),
        ...Object.fromEntries(
          query.map(({ name, required }) => [`method.request.querystring.${name}`, required]),
        ),
      });
      // A feed's function judges the body itself, to keep what it refuses.
      if (requestSchema === undefined || permission === 'record.write') {
        expect(Properties).not.toHaveProperty('RequestModels');
        return;
      }
      const models = z.record(z.string(), ref).parse(Properties.RequestModels);
      expect(Object.keys(models).sort()).toEqual(['application/fhir+json', 'application/json']);
      for (const { Ref } of Object.values(models))
        expect(api.Resources[Ref]?.Properties).toMatchObject({
          Name: requestSchema,
          Schema: { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' },
        });
    },
  );

  it('logs each request as one JSON line without path, query or address', () => {
    const { api } = templates(stage);
    const { AccessLogSetting, MethodSettings } = resourceNamed(
      api,
      'AWS::ApiGateway::Stage',
      'Api',
    ).Properties;
    const { Format } = z.object({ Format: z.string(), DestinationArn: z.unknown() }).parse(AccessLogSetting);
    const fields = z.record(z.string(), z.string()).parse(JSON.parse(Format));
    expect(Object.keys(fields)).toEqual([
      'requestId',
      'requestTime',
      'httpMethod',
      'resourcePath',
      'status',
      'responseLength',
      'responseLatency',
      'integrationError',
      'errorType',
      'subject',
      'role',
      'organisation',
    ]);
    expect(Format).not.toMatch(/context\.path|query|sourceIp|requestOverride|xRequestId|userAgent/i);
    for (const setting of z.array(z.looseObject({})).parse(MethodSettings))
      expect(setting).toMatchObject({ LoggingLevel: 'OFF', DataTraceEnabled: false, MetricsEnabled: true });
  });

  it('throttles the region, and tokens and matching more tightly', () => {
    const { api } = templates(stage);
    const settings = resourceNamed(api, 'AWS::ApiGateway::Stage', 'Api').Properties.MethodSettings;
    expect(settings).toEqual([
      expect.objectContaining({
        ResourcePath: '/*',
        HttpMethod: '*',
        ThrottlingRateLimit: 500,
        ThrottlingBurstLimit: 1000,
      }),
      expect.objectContaining({
        ResourcePath: '/~1FHIR~1R4~1oauth2~1token',
        HttpMethod: 'POST',
        ThrottlingRateLimit: 20,
        ThrottlingBurstLimit: 50,
      }),
      expect.objectContaining({
        ResourcePath: '/~1FHIR~1R4~1Patient~1$match',
        HttpMethod: 'POST',
        ThrottlingRateLimit: 100,
        ThrottlingBurstLimit: 200,
      }),
      expect.objectContaining({
        ResourcePath: '/~1FHIR~1R4~1Patient',
        HttpMethod: 'GET',
        ThrottlingRateLimit: 100,
        ThrottlingBurstLimit: 200,
      }),
    ]);
  });

  it('has one usage plan with one key for each organisation, and one for all others', () => {
    const { api } = templates(stage);
    const organisations = regions.get(stage)?.policy.organisations.map(({ ods }) => ods) ?? [];
    const keys = resourcesOf(api, 'AWS::ApiGateway::ApiKey').map(({ logicalId, Properties }) => [
      logicalId,
      Properties.Value,
    ]);
    expect(keys.map(([, value]) => value).sort()).toEqual(
      [...organisations, 'unlisted'].map((name) => `towpath-${stage}-${name}-usage-plan`).sort(),
    );
    const plans = resourcesOf(api, 'AWS::ApiGateway::UsagePlan');
    expect(plans).toHaveLength(organisations.length + 1);
    for (const { Properties } of plans) {
      const unlisted = String(Properties.UsagePlanName).endsWith('-unlisted');
      expect(Properties.Throttle).toEqual(
        unlisted ? { RateLimit: 2, BurstLimit: 5 } : { RateLimit: 200, BurstLimit: 400 },
      );
      expect(Properties.ApiStages).toHaveLength(1);
    }
    const joined = resourcesOf(api, 'AWS::ApiGateway::UsagePlanKey').map(
      ({ Properties }) => ref.parse(Properties.KeyId).Ref,
    );
    expect(joined.sort()).toEqual(keys.map(([logicalId]) => logicalId).sort());
  });

  it('leaves no query in a trace, and keeps the access log under the operations key', () => {
    const { api } = templates(stage);
    expect(resourceNamed(api, 'AWS::ApiGateway::Stage', 'Api').Properties.TracingEnabled).toBe(false);
    for (const { Properties } of resourcesOf(api, 'AWS::Logs::LogGroup')) {
      expect(JSON.stringify(Properties.KmsKeyId)).toContain('OperationsKey');
      expect(Properties.RetentionInDays).toBe(400);
    }
  });
});

// API Gateway's own list: developer guide, "Gateway response types".
const responseTypes = [
  'ACCESS_DENIED',
  'API_CONFIGURATION_ERROR',
  'AUTHORIZER_CONFIGURATION_ERROR',
  'AUTHORIZER_FAILURE',
  'BAD_REQUEST_BODY',
  'BAD_REQUEST_PARAMETERS',
  'DEFAULT_4XX',
  'DEFAULT_5XX',
  'EXPIRED_TOKEN',
  'INTEGRATION_FAILURE',
  'INTEGRATION_TIMEOUT',
  'INVALID_API_KEY',
  'INVALID_SIGNATURE',
  'MISSING_AUTHENTICATION_TOKEN',
  'QUOTA_EXCEEDED',
  'REQUEST_TOO_LARGE',
  'RESOURCE_NOT_FOUND',
  'THROTTLED',
  'UNAUTHORIZED',
  'UNSUPPORTED_MEDIA_TYPE',
  'WAF_FILTERED',
];

const outcomeSchema = z.strictObject({
  resourceType: z.literal('OperationOutcome'),
  issue: z.tuple([
    z.strictObject({
      severity: z.literal('error'),
      code: z.string(),
      details: z.strictObject({
        coding: z.tuple([
          z.strictObject({
            system: z.literal(errorSystem),
            code: z.enum(Object.keys(errorCatalogue) as [keyof typeof errorCatalogue]),
          }),
        ]),
        text: z.string(),
      }),
    }),
  ]),
});

describe('what the gateway answers by itself', () => {
  it('covers every type that API Gateway knows', () => {
    const types = resourcesOf(templates('london').api, 'AWS::ApiGateway::GatewayResponse').map(
      ({ Properties }) => Properties.ResponseType,
    );
    expect(types.sort()).toEqual(responseTypes);
  });

  it.each(responseTypes)('%s is an OperationOutcome of the catalogue with its status', (type) => {
    const response = resourcesOf(templates('london').api, 'AWS::ApiGateway::GatewayResponse').find(
      ({ Properties }) => Properties.ResponseType === type,
    )?.Properties;
    const [template, ...others] = Object.values(
      z.record(z.string(), z.string()).parse(response?.ResponseTemplates),
    );
    expect(others).toEqual([]);
    const { code, details } = outcomeSchema.parse(JSON.parse(template ?? '')).issue[0];
    const row = errorCatalogue[details.coding[0].code];
    expect({ code, text: details.text }).toEqual({ code: row.issue, text: row.text });
    expect(response?.StatusCode).toBe(type.startsWith('DEFAULT_') ? undefined : String(row.status));
    expect(response?.ResponseParameters).toMatchObject({
      'gatewayresponse.header.Content-Type': "'application/fhir+json'",
      'gatewayresponse.header.Cache-Control': "'no-store'",
      'gatewayresponse.header.X-Request-ID': 'method.request.header.X-Request-ID',
    });
  });

  it.each([
    ['UNAUTHORIZED', 'UNAUTHENTICATED', '401'],
    ['MISSING_AUTHENTICATION_TOKEN', 'NOT_FOUND', '404'],
    ['BAD_REQUEST_BODY', 'INVALID_REQUEST', '400'],
    ['REQUEST_TOO_LARGE', 'TOO_LARGE', '413'],
    ['THROTTLED', 'THROTTLED', '429'],
    ['INTEGRATION_TIMEOUT', 'TIMEOUT', '504'],
  ])('%s is %s', (type, code, status) => {
    const response = resourcesOf(templates('london').api, 'AWS::ApiGateway::GatewayResponse').find(
      ({ Properties }) => Properties.ResponseType === type,
    )?.Properties;
    expect(response?.StatusCode).toBe(status);
    expect(JSON.stringify(response?.ResponseTemplates)).toContain(code);
  });
});

describe('the endpoint', () => {
  it.each([
    ['london', 'REGIONAL'],
    ['hertfordshire-west-essex', 'REGIONAL'],
  ])('of %s is %s, as its file says', (stage, type) => {
    const { Properties } = resourceNamed(templates(stage).api, 'AWS::ApiGateway::RestApi', 'Api');
    expect(Properties.EndpointConfiguration).toEqual({ Types: [type] });
    expect(regions.get(stage)?.deployment.endpoint.toUpperCase()).toBe(type);
    expect(Properties).not.toHaveProperty('DisableExecuteApiEndpoint');
  });
});
