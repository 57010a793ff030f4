import type { CapabilityStatement } from 'fhir/r4.js';
import { recordTypes } from '../domain/record/record-types.ts';
import { pathsOf, type Route, routes } from './routes.ts';

/** The date of the interface that {@link capabilityStatement} describes; changed with the routes table. */
const interfaceDate = '2026-11-21';

/** Operations that FHIR or the International Patient Summary defines (`$merge` is R5's); any other is the region's own. */
const definitions: Readonly<Record<string, string>> = {
  everything: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  match: 'http://hl7.org/fhir/OperationDefinition/Patient-match',
  merge: 'http://hl7.org/fhir/OperationDefinition/Patient-merge',
  'process-message': 'http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message',
  summary: 'http://hl7.org/fhir/uv/ips/OperationDefinition/summary',
};

/** Query parameters that choose a page and no entries. */
const pageParameters: ReadonlySet<string> = new Set(['_count', '_cursor']);

type ServedResource = NonNullable<NonNullable<CapabilityStatement['rest']>[number]['resource']>[number];
type Interaction = ServedResource['interaction'];

const served = servedRoutes();

/** What the region can do, from the routes table and the sections: types with their interactions, searches and operations. */
export function capabilityStatement(regionName: string, baseUrl: string): CapabilityStatement {
  const types = new Set(served.flatMap((route) => resourceTypeOf(route) ?? []));
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: interfaceDate,
    kind: 'instance',
    software: { name: 'Towpath' },
    implementation: { description: regionName, url: baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        security: {
          extension: [
            {
              url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
              extension: [{ url: 'token', valueUri: `${baseUrl}/oauth2/token` }],
            },
          ],
          service: [
            {
              coding: [
                {
                  system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
                  code: 'SMART-on-FHIR',
                },
              ],
            },
          ],
          description:
            'OAuth 2.0 bearer access token (at+jwt): of this region, for a client assertion signed with ES384 or RS512 ' +
            '(/.well-known/smart-configuration; keys at /oauth2/jwks), or of an identity provider that it trusts.',
        },
        resource: [...types].map(servedResource),
        interaction: served.flatMap(({ method, path }) => (method === 'POST' && path === '' ? feeds : [])),
        operation: served.flatMap((route) => (resourceTypeOf(route) ? [] : operationOf(route))),
      },
    ],
    document: [
      {
        mode: 'producer',
        profile: 'http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips',
        documentation: 'Patient/{id}/$summary',
      },
    ],
  };
}

/** What `POST [base]` takes. */
const feeds: NonNullable<NonNullable<CapabilityStatement['rest']>[number]['interaction']> = [
  { code: 'transaction' },
  { code: 'batch' },
];

/** Every row with its paths spelt out: `/{type}` is one for each type of the record. */
function servedRoutes(): Route[] {
  return routes.flatMap((route) =>
    pathsOf(route).flatMap((path) => {
      if (!path.startsWith('/{type}')) return [{ ...route, path }];
      return recordTypes.map((type) => ({ ...route, path: path.replace('{type}', type) }));
    }),
  );
}

function servedResource(type: string): ServedResource {
  const own = served.filter((route) => resourceTypeOf(route) === type);
  const interaction = own.flatMap((route) => interactionOf(route) ?? []);
  const operation = own.flatMap((route) => operationOf(route));
  const searches = own.filter((route) => interactionOf(route)?.code === 'search-type');
  const codes = new Set(interaction.map(({ code }) => code));
  return {
    type: type as ServedResource['type'],
    ...(interaction.length > 0 && { interaction }),
    ...(codes.has('create') && { conditionalCreate: true }),
    ...(codes.has('update') && { updateCreate: true }),
    ...(operation.length > 0 && { operation }),
    searchParam: searches
      .flatMap(({ query }) => query)
      .filter(({ name }) => !pageParameters.has(name))
      .map(({ name, description, type: kind = 'reference' }) => ({
        name,
        type: kind,
        documentation: description,
      })),
  };
}

function resourceTypeOf({ path }: Route): string | undefined {
  return /^\/([A-Z][A-Za-z]+)(\/|$)/.exec(path)?.[1];
}

const interactions: Readonly<Record<string, NonNullable<Interaction>[number]['code']>> = {
  'GET type': 'search-type',
  'GET instance': 'read',
  'POST type': 'create',
  'PUT instance': 'update',
};

function interactionOf({ method, path }: Route): NonNullable<Interaction>[number] | undefined {
  const level = [
    ['type', /^\/[A-Za-z]+$/],
    ['instance', /^\/[A-Za-z]+\/\{id\}$/],
  ] as const;
  const [name] = level.find(([, shape]) => shape.test(path)) ?? [];
  const code = interactions[`${method} ${name}`];
  return code && { code };
}

function operationOf({ path, summary }: Route): NonNullable<ServedResource['operation']> {
  const name = /\$([a-z-]+)$/.exec(path)?.[1];
  // Operations of what FHIR has no resource for are in the OpenAPI document.
  const owner = /^\/([A-Z][A-Za-z]+)\//.exec(path)?.[1];
  const definition = name && definitions[name];
  if (!name || (!owner && !definition)) return [];
  const own = `https://towpath.example/fhir/OperationDefinition/${owner}-${name}`;
  return [{ name, definition: definition ?? own, documentation: summary }];
}
