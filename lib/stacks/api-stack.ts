import {
  ApiKeySourceType,
  AuthorizationType,
  EndpointType,
  IdentitySource,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  type MethodOptions,
  RequestAuthorizer,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { CfnOutput, CfnParameter, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { basePath, pathsOf, type Route, routes } from '../../functions/api/routes.ts';
import type { RegionConfig } from '../config/schema.ts';
import { accessLogFormat } from '../constructs/access-log.ts';
import { RegionAlarms } from '../constructs/alarms.ts';
import { addDashboard, apiMetrics, auditUnavailable, harvestAlerts } from '../constructs/dashboard.ts';
import { addGatewayResponses } from '../constructs/gateway-responses.ts';
import { constructId, type FunctionSurroundings, RegionFunction } from '../constructs/region-function.ts';
import { addRequestModels } from '../constructs/request-models.ts';
import { addUsagePlans } from '../constructs/usage-plans.ts';

interface ApiStackProps extends StackProps {
  readonly stage: string;
  readonly config: RegionConfig;
  readonly surroundings: FunctionSurroundings;
  /** Where alarms go; a stage without one has no alarms and no dashboard. */
  readonly alarmTopic: ITopic | undefined;
  /** False where the platform has no authorisers (LocalStack): each handler then verifies the token itself. */
  readonly gatewayAuthorises: boolean;
}

/** The REST API of one region: resources, methods, models and functions made from functions/api/routes.ts. */
export class ApiStack extends Stack {
  readonly accessLogs: LogGroup;
  readonly #api: RestApi;
  readonly #functions = new Map<string, RegionFunction>();

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props);
    const { stage, config, surroundings, alarmTopic, gatewayAuthorises } = props;
    const { deployment } = config;
    const tokenJwks = new CfnParameter(this, 'TokenJwks', {
      type: 'String',
      default: '{"keys":[]}',
      description:
        "Public keys (a JSON Web Key Set) that count beside the region's own key, such as its former one",
    }).valueAsString;
    const clientJwks = new CfnParameter(this, 'ClientJwks', {
      type: 'String',
      default: '{}',
      description: 'Public key sets, by client id, of the clients whose keys are not in the region file',
    }).valueAsString;

    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      encryptionKey: surroundings.logKey,
      retention: surroundings.logRetentionDays,
      removalPolicy: deployment.protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.#api = new RestApi(this, 'Api', {
      restApiName: `towpath-${stage}`,
      description: `Shared care record of ${config.policy.name}`,
      endpointTypes: [deployment.endpoint === 'edge' ? EndpointType.EDGE : EndpointType.REGIONAL],
      ...(deployment.domain && {
        disableExecuteApiEndpoint: true,
        domainName: {
          domainName: deployment.domain.name,
          certificate: Certificate.fromCertificateArn(this, 'Certificate', deployment.domain.certificateArn),
          endpointType: deployment.endpoint === 'edge' ? EndpointType.EDGE : EndpointType.REGIONAL,
          securityPolicy: SecurityPolicy.TLS_1_2,
        },
      }),
      ...(gatewayAuthorises && { apiKeySourceType: ApiKeySourceType.AUTHORIZER }),
      // A function's base64 becomes bytes for a caller whose `Accept` names one of these first, and a body of one of them,
      // in whatever character set, base64.
      binaryMediaTypes: [
        ...new Set(routes.flatMap(({ bodyTypes = [], bytes = [] }) => [...bytes, ...bodyTypes])),
      ],
      cloudWatchRole: true,
      cloudWatchRoleRemovalPolicy: deployment.protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      deployOptions: {
        stageName: 'live',
        accessLogDestination: new LogGroupLogDestination(this.accessLogs),
        accessLogFormat,
        // Execution logs can hold bodies and headers: patients and tokens.
        loggingLevel: MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        metricsEnabled: true,
        // X-Ray's segment of a stage holds the whole URL, and a search has names and birth dates in its query (developer
        // guide, "AWS X-Ray traces for Amazon API Gateway APIs"). The functions are traced; they never see the URL traced.
        tracingEnabled: false,
        throttlingRateLimit: deployment.throttle.region.ratePerSecond,
        throttlingBurstLimit: deployment.throttle.region.burst,
        methodOptions: this.#methodThrottles(config),
      },
    });
    addGatewayResponses(this.#api);

    const authoriser = gatewayAuthorises ? this.#addAuthoriser(surroundings, tokenJwks) : undefined;
    const modelsOf = addRequestModels(this.#api);
    const validator = this.#api.addRequestValidator('Validator', {
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    for (const route of routes) {
      const { lambda } = this.#addFunction(route, surroundings, { tokenJwks, clientJwks });
      const options: MethodOptions = {
        operationName: route.operation,
        requestValidator: validator,
        // A feed's body is judged by its function, which keeps what it refuses.
        ...(route.requestSchema &&
          route.permission !== 'record.write' && { requestModels: modelsOf(route.requestSchema) }),
        ...(authoriser && route.permission !== 'open'
          ? { authorizationType: AuthorizationType.CUSTOM, authorizer: authoriser, apiKeyRequired: true }
          : { authorizationType: AuthorizationType.NONE }),
      };
      for (const path of pathsOf(route))
        this.#api.root
          .resourceForPath(`${basePath}${path}`)
          .addMethod(route.method, new LambdaIntegration(lambda, { allowTestInvoke: false }), {
            ...options,
            requestParameters: requestParameters(path, route),
          });
    }

    if (gatewayAuthorises) addUsagePlans(this, this.#api, config);
    if (alarmTopic) this.#monitor(props, alarmTopic);
    new CfnOutput(this, 'BaseUrl', { value: `${this.#baseHost(config)}${basePath}` });
  }

  #addFunction(
    route: Route,
    surroundings: FunctionSurroundings,
    { tokenJwks, clientJwks }: { readonly tokenJwks: string; readonly clientJwks: string },
  ): RegionFunction {
    const open = route.permission === 'open';
    const added = new RegionFunction(this, constructId(route.operation), {
      ...surroundings,
      name: route.operation,
      description: route.summary,
      memoryMegabytes: route.memoryMegabytes,
      timeoutSeconds: route.timeoutSeconds,
      access: route.tables,
      readsLog: route.readsLog ?? false,
      queuesFeeds: route.permission === 'record.write',
      ...(route.documents && { documents: route.documents }),
      // Whoever writes audit entries works with the region's pseudonyms.
      usesSecret: !open || route.tables.audit !== undefined,
      ...(route.tokenKey && { tokenKeyUse: route.tokenKey }),
      environment: {
        ...(!open && { TOKEN_JWKS: tokenJwks }),
        ...(route.tokenKey === 'sign' && { CLIENT_JWKS: clientJwks }),
      },
    });
    this.#functions.set(route.operation, added);
    return added;
  }

  #addAuthoriser(surroundings: FunctionSurroundings, tokenJwks: string): RequestAuthorizer {
    const added = new RegionFunction(this, 'Authoriser', {
      ...surroundings,
      name: 'authoriser',
      description: 'Verifies the bearer token and names the caller',
      memoryMegabytes: 512,
      timeoutSeconds: 5,
      access: {},
      usesSecret: false,
      tokenKeyUse: 'publish',
      environment: { TOKEN_JWKS: tokenJwks },
    });
    this.#functions.set('authoriser', added);
    return new RequestAuthorizer(this, 'TokenAuthoriser', {
      handler: added.lambda,
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: Duration.seconds(300),
    });
  }

  /** Matching, and asking for tokens, have ceilings of their own below the region's. */
  #methodThrottles({ deployment: { throttle } }: RegionConfig): Record<string, MethodDeploymentOptions> {
    const limitOf = ({ form, permission }: Route) =>
      form ? throttle.token : permission === 'patient.match' ? throttle.match : undefined;
    return Object.fromEntries(
      routes.flatMap((route) => {
        const limit = limitOf(route);
        if (!limit) return [];
        const options: MethodDeploymentOptions = {
          throttlingRateLimit: limit.ratePerSecond,
          throttlingBurstLimit: limit.burst,
          loggingLevel: MethodLoggingLevel.OFF,
          dataTraceEnabled: false,
          metricsEnabled: true,
        };
        return [[`${basePath}${route.path}/${route.method}`, options]];
      }),
    );
  }

  #monitor({ stage, config, surroundings }: ApiStackProps, topic: ITopic): void {
    const { serverErrorRate, latencyP95Milliseconds } = config.deployment.alarms;
    const metrics = apiMetrics(this.#api);
    const alarms = new RegionAlarms(this, 'Alarm', topic);
    for (const [name, { lambda }] of this.#functions) alarms.addFunction(constructId(name), name, lambda);
    alarms.add('ServerErrors', {
      metric: metrics.serverErrorRate,
      above: serverErrorRate,
      description: `More than ${serverErrorRate * 100} % of answers were 5xx over five minutes.`,
    });
    alarms.add('Latency', {
      metric: metrics.latencyP95,
      above: latencyP95Milliseconds,
      periods: 3,
      description: `One answer in twenty took more than ${latencyP95Milliseconds} ms for a quarter of an hour.`,
    });
    alarms.add('AuditUnavailable', {
      metric: auditUnavailable(),
      above: 0,
      description:
        'An audit entry could not be written, so an answer was withheld: look at the audit table and its key.',
    });
    alarms.add('Harvest', {
      metric: harvestAlerts(),
      above: 0,
      description:
        'Somebody counts through people: GET /privacy-alerts says who, docs/runbooks/who-looked.md what to do.',
    });
    addDashboard(this, {
      stage,
      api: this.#api,
      functions: this.#functions,
      tables: surroundings.tables,
    });
  }

  #baseHost({ deployment }: RegionConfig): string {
    return deployment.domain ? `https://${deployment.domain.name}` : this.#api.url.replace(/\/$/, '');
  }
}

function requestParameters(path: string, { query }: Route): Record<string, boolean> {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(
    ([, name]) => [`method.request.path.${name}`, true] as const,
  );
  const inQuery = query.map(
    ({ name, required }) => [`method.request.querystring.${name}`, required] as const,
  );
  return Object.fromEntries([['method.request.header.X-Request-ID', false], ...inPath, ...inQuery]);
}
