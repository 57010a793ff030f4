import { CfnModel, type IModel, Model, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import * as z from 'zod';
import { type RequestSchemaName, requestSchemas } from '../../functions/api/schemas.ts';

/** The media types in which a body may come; API Gateway validates a body only under a type that has a model. */
const bodyMediaTypes = ['application/fhir+json', 'application/json'] as const;

/** The JSON Schema (draft 4, the only one that API Gateway reads) of one request body. */
function requestModelSchema(name: RequestSchemaName): Record<string, unknown> {
  return { ...z.toJSONSchema(requestSchemas[name], { target: 'draft-4', unrepresentable: 'throw' }) };
}

/** Registers the request bodies of functions/api/schemas.ts as models; the map gives what a method's `requestModels` takes. */
export function addRequestModels(api: RestApi): (name: RequestSchemaName) => Record<string, IModel> {
  const models = new Map<RequestSchemaName, IModel>();
  return (name) => {
    const model = models.get(name) ?? addRequestModel(api, name);
    models.set(name, model);
    return Object.fromEntries(bodyMediaTypes.map((mediaType) => [mediaType, model]));
  };
}

function addRequestModel(api: RestApi, name: RequestSchemaName): IModel {
  const schema = requestModelSchema(name);
  const resource = new CfnModel(api, `${name}Model`, {
    restApiId: api.restApiId,
    name,
    contentType: 'application/json',
    schema,
  });
  // A model is part of what a deployment freezes: a changed schema must make a new one.
  api.latestDeployment?.node.addDependency(resource);
  api.latestDeployment?.addToLogicalId({ [name]: schema });
  return Model.fromModelName(api, `${name}ModelReference`, resource.ref);
}
