import type * as z from 'zod';
import type { AssemblyStack } from './assembly.ts';
import type { Json } from './json.ts';
import { isJsonObject } from './json.ts';
import { RunnerRefusal, refuse } from './refusal.ts';
import type { ResourceIdentity, ServedResource } from './resources.ts';
import { describeIgnoredResource, nameIgnoredResource, resourceTypes } from './resources.ts';
import type { TemplateScope } from './template.ts';
import { refuseUnknownFunctions, resolveTemplateValue } from './template.ts';

/** A resource, or one property of a resource, that the runner knows and does not serve. */
export interface IgnoredResource {
  readonly type: string;
  readonly place: string;
  readonly reason: string;
}

/** The Stage with every reference resolved: what CloudFormation would have made. */
export interface Deployment {
  readonly region: string;
  readonly account: string;
  readonly resources: readonly ServedResource[];
  readonly ignored: readonly IgnoredResource[];
  /** Where the code of an asset is staged. */
  findAsset(resource: ServedResource, objectKey: string): string;
}

/** What the deployer supplies. */
export interface DeploymentInput {
  /** CloudFormation parameters of all stacks, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Used where the app left a stack's region open. */
  readonly region: string;
  readonly queueEndpoint: string;
}

const localAccount = '000000000000';

/** The `AWS::CDK::Metadata` resource and the bootstrap rule bring conditions that touch nothing served. */
function refuseUnknownSections(stack: AssemblyStack): void {
  const { template, name } = stack;
  for (const rule of Object.keys(template.Rules)) {
    if (rule !== 'CheckBootstrapVersion') refuse(`${name} Rules.${rule}`, 'rules are not served');
  }
  for (const condition of Object.keys(template.Conditions)) {
    if (!condition.startsWith('CDKMetadata'))
      refuse(`${name} Conditions.${condition}`, 'conditions are not served');
  }
  for (const mapping of Object.keys(template.Mappings)) {
    refuse(`${name} Mappings.${mapping}`, 'mappings are not served');
  }
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    const place = `${name}/${logicalId}`;
    const treatment = resourceTypes[resource.Type];
    if (treatment === undefined) refuse(place, `unknown resource type ${resource.Type}`);
    if (resource.Condition !== undefined && resource.Type !== 'AWS::CDK::Metadata') {
      refuse(place, 'conditional resources are not served');
    }
    refuseUnknownFunctions(resource.Properties, place);
  }
}

function refuseUndeclaredParameters(
  stacks: readonly AssemblyStack[],
  given: DeploymentInput['parameters'],
): void {
  for (const name of Object.keys(given)) {
    if (!stacks.some((stack) => stack.template.Parameters[name] !== undefined)) {
      throw new RunnerRefusal(`parameter ${name} was given, but no stack of the Stage declares it`);
    }
  }
}

/** Resolves the stacks of one Stage together; refuses whatever the runner would serve differently from AWS. */
export function resolveDeployment(stacks: readonly AssemblyStack[], input: DeploymentInput): Deployment {
  refuseUndeclaredParameters(stacks, input.parameters);
  for (const stack of stacks) refuseUnknownSections(stack);
  const exports = new Map<string, { stack: AssemblyStack; value: Json }>();

  const scopeOf = (stack: AssemblyStack): TemplateScope => {
    const region = stack.region ?? input.region;
    const account = stack.account ?? localAccount;
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack.name,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stack.name}/local`,
    };
    const identify = (logicalId: string): ResourceIdentity => ({
      stackName: stack.name,
      logicalId,
      region,
      account,
      queueEndpoint: input.queueEndpoint,
      property: (name) => {
        const value = stack.template.Resources[logicalId]?.Properties[name];
        return value === undefined
          ? undefined
          : resolveTemplateValue(value, scope, `${stack.name}/${logicalId}.${name}`);
      },
    });
    const scope: TemplateScope = {
      ref(name, place) {
        const value = pseudo[name];
        if (value !== undefined) return value;
        const parameter = stack.template.Parameters[name];
        if (parameter !== undefined) return parameterValue(stack, name, place);
        const resource = stack.template.Resources[name];
        if (resource === undefined) return refuse(place, `Ref to ${name}, which the stack does not have`);
        const treatment = resourceTypes[resource.Type];
        if (treatment === undefined) return refuse(place, `unknown resource type ${resource.Type}`);
        return treatment.kind === 'served'
          ? treatment.ref(identify(name))
          : nameIgnoredResource(identify(name));
      },
      getAttribute(logicalId, attribute, place) {
        const resource = stack.template.Resources[logicalId];
        if (resource === undefined)
          return refuse(place, `Fn::GetAtt of ${logicalId}, which the stack does not have`);
        const treatment = resourceTypes[resource.Type];
        if (treatment === undefined) return refuse(place, `unknown resource type ${resource.Type}`);
        if (treatment.kind === 'ignored') return describeIgnoredResource(identify(logicalId), attribute);
        const describe = treatment.attributes?.[attribute];
        if (describe === undefined)
          return refuse(place, `unknown attribute ${attribute} of ${resource.Type}`);
        return describe(identify(logicalId));
      },
      importValue(name, place) {
        const found = exports.get(name);
        if (found === undefined) return refuse(place, `imports ${name}, which no stack of the Stage exports`);
        return resolveTemplateValue(found.value, scopeOf(found.stack), place);
      },
    };
    return scope;
  };

  function parameterValue(stack: AssemblyStack, name: string, place: string): Json {
    const parameter = stack.template.Parameters[name];
    const value = input.parameters[name] ?? parameter?.Default;
    if (parameter === undefined || value === undefined) {
      return refuse(place, `parameter ${name} has no default: give it a value`);
    }
    if (parameter.Type.startsWith('AWS::'))
      return refuse(place, `parameters of type ${parameter.Type} are not served`);
    if (
      parameter.AllowedValues !== undefined &&
      !parameter.AllowedValues.map(String).includes(String(value))
    ) {
      return refuse(place, `parameter ${name} takes ${parameter.AllowedValues.join(', ')}`);
    }
    if (parameter.Type === 'CommaDelimitedList') return String(value).split(',');
    return String(value);
  }

  for (const stack of stacks) {
    for (const [logicalId, output] of Object.entries(stack.template.Outputs)) {
      if (output.Export === undefined) continue;
      const name = resolveTemplateValue(
        output.Export.Name,
        scopeOf(stack),
        `${stack.name} Outputs.${logicalId}`,
      );
      exports.set(String(name), { stack, value: output.Value });
    }
    for (const [name, parameter] of Object.entries(stack.template.Parameters)) {
      if (!parameter.Type.startsWith('AWS::'))
        parameterValue(stack, name, `${stack.name} Parameters.${name}`);
    }
  }

  const resources: ServedResource[] = [];
  const ignored: IgnoredResource[] = [];
  const stackOfResource = new Map<ServedResource, AssemblyStack>();
  for (const stack of stacks) {
    const scope = scopeOf(stack);
    for (const [logicalId, { Type: type, Properties: raw }] of Object.entries(stack.template.Resources)) {
      const place = `${stack.name}/${logicalId}`;
      const treatment = resourceTypes[type];
      if (treatment?.kind !== 'served') {
        ignored.push({ type, place, reason: treatment?.reason ?? 'unknown' });
        continue;
      }
      for (const [property, reason] of Object.entries(treatment.notEnforced ?? {})) {
        if (raw[property] !== undefined) ignored.push({ type: `${type}.${property}`, place, reason });
      }
      const properties = resolveTemplateValue(raw, scope, place);
      const resource: ServedResource = {
        type,
        place,
        stackName: stack.name,
        logicalId,
        ref: String(scope.ref(logicalId, place)),
        properties: isJsonObject(properties) ? properties : {},
        attribute: (name) => String(scope.getAttribute(logicalId, name, place)),
      };
      checkProperties(resource, treatment.properties);
      resources.push(resource);
      stackOfResource.set(resource, stack);
    }
  }
  return {
    region: stacks[0]?.region ?? input.region,
    account: stacks[0]?.account ?? localAccount,
    resources,
    ignored,
    findAsset(resource, objectKey) {
      const asset = stackOfResource.get(resource)?.assets.get(objectKey);
      return asset ?? refuse(resource.place, `its code ${objectKey} is not staged in the assembly`);
    },
  };
}

function checkProperties<Output>(resource: ServedResource, schema: z.ZodType<Output>): Output {
  const result = schema.safeParse(resource.properties);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [resource.place, ...(issue?.path ?? []).map(String)].join('.');
  if (issue?.code === 'unrecognized_keys') {
    return refuse(path, `unknown property ${issue.keys.join(', ')} of ${resource.type}`);
  }
  return refuse(path, `${resource.type} is not served with this: ${issue?.message ?? 'malformed'}`);
}

/** A served resource with its checked properties. */
export interface TypedResource<Properties> {
  readonly resource: ServedResource;
  readonly properties: Properties;
}

/** All resources of one type, with their properties checked by the type's schema. */
export function resourcesOfType<Output>(
  deployment: Deployment,
  type: string,
  schema: z.ZodType<Output>,
): TypedResource<Output>[] {
  return deployment.resources
    .filter((resource) => resource.type === type)
    .map((resource) => ({ resource, properties: checkProperties(resource, schema) }));
}
