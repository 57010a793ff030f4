import type { ValidateFunction } from 'ajv';
import AjvDraft04 from 'ajv-draft-04';
import type * as z from 'zod';
import type { Deployment, TypedResource } from './deployment.ts';
import { resourcesOfType } from './deployment.ts';
import { RunnerRefusal, refuse } from './refusal.ts';
import {
  apiKeyProperties,
  apiResourceProperties,
  authorizerProperties,
  basePathMappingProperties,
  deploymentProperties,
  gatewayResponseProperties,
  methodProperties,
  modelProperties,
  requestValidatorProperties,
  restApiProperties,
  stageProperties,
  usagePlanKeyProperties,
  usagePlanProperties,
} from './resource-properties.ts';
import type { RouteNode } from './route-tree.ts';
import { addPathPart, createRouteNode } from './route-tree.ts';

/** Requests a second and the most at once. */
export interface ThrottleLimit {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** A header, query or path value that a request may have to carry. */
export interface RequestParameter {
  readonly location: 'header' | 'querystring' | 'path';
  readonly name: string;
}

/** A Lambda authoriser as the template declares it. */
export interface AuthoriserDefinition {
  readonly id: string;
  readonly type: 'TOKEN' | 'REQUEST';
  readonly functionName: string;
  readonly cacheSeconds: number;
  readonly identitySources: readonly IdentitySource[];
  readonly tokenPattern: RegExp | undefined;
}

/** Where an authoriser's identity comes from: the cache is keyed on exactly these values. */
export interface IdentitySource {
  readonly location: 'header' | 'querystring' | 'context' | 'stageVariables';
  readonly name: string;
}

/** What answers a method. */
export type Integration =
  | {
      readonly kind: 'function';
      readonly functionName: string;
      readonly arn: string;
      readonly timeoutMilliseconds: number;
    }
  | {
      readonly kind: 'fixed';
      readonly statusCode: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** One method of one resource. */
export interface MethodDefinition {
  readonly httpMethod: string;
  readonly resourcePath: string;
  readonly authoriser: AuthoriserDefinition | undefined;
  readonly apiKeyRequired: boolean;
  readonly integration: Integration;
  /** Only the required ones, and only where the validator checks parameters. */
  readonly requiredParameters: readonly RequestParameter[];
  /** By content type; empty where the validator does not check bodies. */
  readonly models: ReadonlyMap<string, ValidateFunction>;
  readonly throttle: ThrottleLimit | undefined;
}

/** A declared gateway response. */
export interface GatewayResponseDefinition {
  readonly statusCode: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, string>>;
}

/** A usage plan, as far as it concerns this API and stage. */
export interface UsagePlanDefinition {
  readonly id: string;
  readonly throttle: ThrottleLimit | undefined;
  /** By `/resource/METHOD`. */
  readonly methodThrottles: ReadonlyMap<string, ThrottleLimit>;
  readonly quota: { readonly limit: number; readonly period: 'DAY' | 'WEEK' | 'MONTH' } | undefined;
}

/** The API of the Stage, ready to be served. */
export interface ApiDefinition {
  readonly id: string;
  readonly stageName: string;
  readonly stageVariables: Readonly<Record<string, string>> | undefined;
  readonly accessLog: { readonly logGroupName: string; readonly format: string } | undefined;
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER';
  readonly binaryMediaTypes: readonly string[];
  readonly routes: RouteNode<MethodDefinition>;
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponseDefinition>;
  /** By the value of the API key. */
  readonly usagePlansByKey: ReadonlyMap<
    string,
    { readonly keyId: string; readonly plan: UsagePlanDefinition }
  >;
}

/** The name of the function that a Lambda ARN (of the function, a version or an alias) or a plain name denotes. */
export function functionNameFromArn(arn: string): string {
  const parts = arn.split(':');
  return parts.length >= 7 ? (parts[6] ?? '') : arn;
}

/** The Lambda ARN inside an API Gateway invocation URI. */
function functionArnFromUri(uri: string, place: string): string {
  const arn = /:lambda:path\/2015-03-31\/functions\/(.+)\/invocations$/.exec(uri)?.[1];
  return arn ?? refuse(place, 'only the invocation URI of a Lambda function is served');
}

function toThrottle(rate: number | undefined, burst: number | undefined): ThrottleLimit | undefined {
  if (rate === undefined && burst === undefined) return undefined;
  // AWS's account limits stand in for the half that is left out.
  return { ratePerSecond: rate ?? 10_000, burst: burst ?? 5_000 };
}

type Of<Schema extends z.ZodType> = TypedResource<z.infer<Schema>>;

function readAuthoriser({ resource, properties }: Of<typeof authorizerProperties>): AuthoriserDefinition {
  const identitySources = properties.IdentitySource.split(',')
    .map((source) => source.trim())
    .filter((source) => source !== '')
    .map((source): IdentitySource => {
      const [, request, requestName] = /^method\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
      if ((request === 'header' || request === 'querystring') && requestName !== undefined) {
        return { location: request, name: requestName };
      }
      const [, other, otherName] = /^(context|stageVariables)\.(.+)$/.exec(source) ?? [];
      if ((other === 'context' || other === 'stageVariables') && otherName !== undefined) {
        return { location: other, name: otherName };
      }
      return refuse(resource.place, `identity source ${source} is not served`);
    });
  if (properties.Type === 'TOKEN' && identitySources.length !== 1) {
    refuse(resource.place, 'a TOKEN authoriser has exactly one identity source');
  }
  if (
    properties.Type === 'REQUEST' &&
    properties.AuthorizerResultTtlInSeconds > 0 &&
    identitySources.length === 0
  ) {
    refuse(resource.place, 'a REQUEST authoriser that caches needs an identity source');
  }
  return {
    id: resource.ref,
    type: properties.Type,
    functionName: functionNameFromArn(functionArnFromUri(properties.AuthorizerUri, resource.place)),
    cacheSeconds: properties.AuthorizerResultTtlInSeconds,
    identitySources,
    tokenPattern:
      properties.IdentityValidationExpression === undefined
        ? undefined
        : new RegExp(`^(?:${properties.IdentityValidationExpression})$`),
  };
}

/** A mock integration that answers the same whatever is asked: a CORS preflight, for example. */
function readFixedResponse({ resource, properties }: Of<typeof methodProperties>): Integration {
  if (properties.Integration.Type !== 'MOCK') return refuse(resource.place, 'is no mock integration');
  const { RequestTemplates: requestTemplates, IntegrationResponses: responses } = properties.Integration;
  const chosen = /^\{\s*"?statusCode"?\s*:\s*(\d{3})\s*\}$/.exec(
    requestTemplates['application/json'] ?? '',
  )?.[1];
  const response = responses.find(({ StatusCode }) => StatusCode === chosen) ?? responses[0];
  if (chosen === undefined || response === undefined) {
    return refuse(resource.place, 'only mock integrations with a fixed statusCode are served');
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.ResponseParameters)) {
    const header = /^method\.response\.header\.(.+)$/.exec(name)?.[1];
    const fixed = /^'(.*)'$/s.exec(value)?.[1];
    if (header === undefined || fixed === undefined)
      return refuse(resource.place, `${name} is not a fixed header`);
    headers[header] = fixed;
  }
  const body = response.ResponseTemplates['application/json'] ?? '';
  if (/[$#]/.test(body))
    return refuse(resource.place, 'response templates of mock integrations are not evaluated');
  return { kind: 'fixed', statusCode: Number(response.StatusCode), headers, body };
}

function readRequiredParameters({ resource, properties }: Of<typeof methodProperties>): RequestParameter[] {
  return Object.entries(properties.RequestParameters).flatMap(([key, required]) => {
    const [, location, name] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(key) ?? [];
    if (name === undefined || (location !== 'header' && location !== 'querystring' && location !== 'path')) {
      return refuse(resource.place, `request parameter ${key} is not served`);
    }
    return required ? [{ location, name }] : [];
  });
}

/** The one API of the Stage; undefined when it has none. Refuses what it would serve differently from AWS. */
export function readApiDefinition(deployment: Deployment): ApiDefinition | undefined {
  const apis = resourcesOfType(deployment, 'AWS::ApiGateway::RestApi', restApiProperties);
  const [api] = apis;
  if (api === undefined) return undefined;
  if (apis.length > 1)
    throw new RunnerRefusal('the Stage has more than one REST API; this runner serves one');
  const stages = resourcesOfType(deployment, 'AWS::ApiGateway::Stage', stageProperties);
  const [stage] = stages;
  if (stage === undefined || stages.length > 1) refuse(api.resource.place, 'needs exactly one stage');
  resourcesOfType(deployment, 'AWS::ApiGateway::Deployment', deploymentProperties);
  resourcesOfType(deployment, 'AWS::ApiGateway::BasePathMapping', basePathMappingProperties);

  const ajv = new AjvDraft04.default({ strict: false, validateFormats: false, allErrors: false });
  const models = resourcesOfType(deployment, 'AWS::ApiGateway::Model', modelProperties);
  for (const { resource, properties } of models) {
    // Models refer to one another by this address.
    const address = `https://apigateway.amazonaws.com/restapis/${api.resource.ref}/models/${resource.ref}`;
    try {
      ajv.addSchema(properties.Schema, address);
    } catch (cause) {
      throw new RunnerRefusal(`${resource.place}: its schema is not valid draft-4 JSON Schema`, { cause });
    }
  }
  const findModel = (name: string, place: string): ValidateFunction => {
    if (!models.some(({ resource }) => resource.ref === name))
      return refuse(place, `model ${name} is not declared`);
    const address = `https://apigateway.amazonaws.com/restapis/${api.resource.ref}/models/${name}`;
    try {
      return ajv.getSchema(address) ?? refuse(place, `model ${name} cannot be compiled`);
    } catch (cause) {
      throw new RunnerRefusal(`${place}: model ${name} cannot be compiled`, { cause });
    }
  };

  const authorisers = new Map(
    resourcesOfType(deployment, 'AWS::ApiGateway::Authorizer', authorizerProperties).map((authoriser) => [
      authoriser.resource.ref,
      readAuthoriser(authoriser),
    ]),
  );
  const validators = new Map(
    resourcesOfType(deployment, 'AWS::ApiGateway::RequestValidator', requestValidatorProperties).map(
      ({ resource, properties }) => [resource.ref, properties],
    ),
  );

  const routes = createRouteNode<MethodDefinition>('/');
  const nodes = new Map([[api.resource.attribute('RootResourceId'), routes]]);
  const pending = resourcesOfType(deployment, 'AWS::ApiGateway::Resource', apiResourceProperties);
  while (pending.length > 0) {
    const index = pending.findIndex(({ properties }) => nodes.has(properties.ParentId));
    const [next] = pending.splice(Math.max(index, 0), 1);
    const parent = next === undefined ? undefined : nodes.get(next.properties.ParentId);
    if (next === undefined || parent === undefined) throw new RunnerRefusal('an API resource has no parent');
    nodes.set(next.resource.ref, addPathPart(parent, next.properties.PathPart));
  }

  const findMethodThrottle = (httpMethod: string, resourcePath: string): ThrottleLimit | undefined => {
    // `~1` stands for a slash in a setting's path; the exact setting wins over those for all methods.
    const settings = stage.properties.MethodSettings.map((setting) => ({
      path:
        setting.ResourcePath === '/*'
          ? '*'
          : setting.ResourcePath.replaceAll('~1', '/').replace(/^\/\//, '/'),
      httpMethod: setting.HttpMethod,
      throttle: toThrottle(setting.ThrottlingRateLimit, setting.ThrottlingBurstLimit),
    }));
    const chosen =
      settings.find((setting) => setting.path === resourcePath && setting.httpMethod === httpMethod) ??
      settings.find((setting) => setting.path === resourcePath && setting.httpMethod === '*') ??
      settings.find((setting) => setting.path === '*');
    return chosen?.throttle;
  };

  for (const method of resourcesOfType(deployment, 'AWS::ApiGateway::Method', methodProperties)) {
    const { resource, properties } = method;
    const node = nodes.get(properties.ResourceId);
    if (node === undefined) refuse(resource.place, 'stands on a resource that is not declared');
    const authoriser =
      properties.AuthorizerId === undefined ? undefined : authorisers.get(properties.AuthorizerId);
    if (properties.AuthorizationType === 'CUSTOM' && authoriser === undefined) {
      refuse(resource.place, 'its authoriser is not declared');
    }
    const validator =
      properties.RequestValidatorId === undefined ? undefined : validators.get(properties.RequestValidatorId);
    if (properties.RequestValidatorId !== undefined && validator === undefined) {
      refuse(resource.place, 'its request validator is not declared');
    }
    const arn =
      properties.Integration.Type === 'AWS_PROXY'
        ? functionArnFromUri(properties.Integration.Uri, resource.place)
        : undefined;
    node.methods.set(properties.HttpMethod, {
      httpMethod: properties.HttpMethod,
      resourcePath: node.resourcePath,
      authoriser: properties.AuthorizationType === 'CUSTOM' ? authoriser : undefined,
      apiKeyRequired: properties.ApiKeyRequired,
      integration:
        arn === undefined
          ? readFixedResponse(method)
          : {
              kind: 'function',
              functionName: functionNameFromArn(arn),
              arn,
              timeoutMilliseconds: properties.Integration.TimeoutInMillis,
            },
      requiredParameters: validator?.ValidateRequestParameters === true ? readRequiredParameters(method) : [],
      models:
        validator?.ValidateRequestBody === true
          ? new Map(
              Object.entries(properties.RequestModels).map(([contentType, name]) => [
                contentType.toLowerCase(),
                findModel(name, resource.place),
              ]),
            )
          : new Map(),
      throttle: findMethodThrottle(properties.HttpMethod, node.resourcePath),
    });
  }

  return {
    id: api.resource.ref,
    stageName: stage.properties.StageName,
    stageVariables: stage.properties.Variables,
    accessLog:
      stage.properties.AccessLogSetting === undefined
        ? undefined
        : {
            logGroupName: logGroupNameFromArn(
              stage.properties.AccessLogSetting.DestinationArn,
              stage.resource.place,
            ),
            format: stage.properties.AccessLogSetting.Format,
          },
    apiKeySource: api.properties.ApiKeySourceType,
    binaryMediaTypes: api.properties.BinaryMediaTypes,
    routes,
    gatewayResponses: new Map(
      resourcesOfType(deployment, 'AWS::ApiGateway::GatewayResponse', gatewayResponseProperties).map(
        ({ properties }) => [
          properties.ResponseType,
          {
            statusCode: properties.StatusCode,
            headers: properties.ResponseParameters,
            templates: properties.ResponseTemplates,
          },
        ],
      ),
    ),
    usagePlansByKey: readUsagePlans(deployment, api.resource.ref, stage.properties.StageName),
  };
}

function logGroupNameFromArn(arn: string, place: string): string {
  const name = /^arn:aws:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(arn)?.[1];
  return name ?? refuse(place, 'access logs are served only to a log group');
}

function readUsagePlans(
  deployment: Deployment,
  apiId: string,
  stageName: string,
): ApiDefinition['usagePlansByKey'] {
  const keys = new Map(
    resourcesOfType(deployment, 'AWS::ApiGateway::ApiKey', apiKeyProperties).map(
      ({ resource, properties }) => [
        resource.ref,
        // A key without a value gets one from AWS; here it is its own identifier, twice as long as AWS's minimum.
        properties.Enabled ? (properties.Value ?? `${resource.ref}${resource.ref}`) : undefined,
      ],
    ),
  );
  const plans = new Map<string, UsagePlanDefinition>();
  for (const { resource, properties } of resourcesOfType(
    deployment,
    'AWS::ApiGateway::UsagePlan',
    usagePlanProperties,
  )) {
    const stage = properties.ApiStages.find(({ ApiId, Stage }) => ApiId === apiId && Stage === stageName);
    if (stage === undefined) continue;
    const methodThrottles = new Map<string, ThrottleLimit>();
    for (const [method, limit] of Object.entries(stage.Throttle)) {
      const throttle = toThrottle(limit.RateLimit, limit.BurstLimit);
      if (throttle !== undefined) methodThrottles.set(method, throttle);
    }
    plans.set(resource.ref, {
      id: resource.ref,
      throttle: toThrottle(properties.Throttle?.RateLimit, properties.Throttle?.BurstLimit),
      methodThrottles,
      quota:
        properties.Quota === undefined
          ? undefined
          : { limit: properties.Quota.Limit, period: properties.Quota.Period },
    });
  }
  const byKey = new Map<string, { keyId: string; plan: UsagePlanDefinition }>();
  for (const { resource, properties } of resourcesOfType(
    deployment,
    'AWS::ApiGateway::UsagePlanKey',
    usagePlanKeyProperties,
  )) {
    const plan = plans.get(properties.UsagePlanId);
    if (!keys.has(properties.KeyId)) refuse(resource.place, 'its API key is not declared');
    const value = keys.get(properties.KeyId);
    if (plan !== undefined && value !== undefined) byKey.set(value, { keyId: properties.KeyId, plan });
  }
  return byKey;
}
