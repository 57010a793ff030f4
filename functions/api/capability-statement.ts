import type { CapabilityStatement } from 'fhir/r4.js';
import { type Route, routes } from './routes.ts';

/** The date of the interface that {@link capabilityStatement} describes; changed with the routes table. */
const interfaceDate = '2026-11-21';

/** Operations that FHIR does not define; `$merge` is R5's. */
const ownOperations: ReadonlySet<string> = new Set(['unmerge', 'link-history']);

type ServedResource = NonNullable<NonNullable<CapabilityStatement['rest']>[number]['resource']>[number];
type Interaction = ServedResource['interaction'];

/** What the region can do, from the routes table: resource types with their interactions and operations. */
export function capabilityStatement(regionName: string, baseUrl: string): CapabilityStatement {
  const types = [...new Set(routes.flatMap((route) => resourceTypeOf(route) ?? []))];
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: interfaceDate,
    kind: 'instance',
    software: { name: 'Towpath' },
    implementation: { description: regionName, url: baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
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
        resource: types.map((type) => {
          const own = routes.filter((route) => resourceTypeOf(route) === type);
          const interaction = own.flatMap((route) => interactionOf(route) ?? []);
          const operation = own.flatMap((route) => operationOf(route) ?? []);
          return {
            type,
            ...(interaction.length > 0 && { interaction }),
            ...(operation.length > 0 && { operation }),
            searchParam: own
              .flatMap(({ query }) => query)
              .filter(({ name }) => !name.startsWith('_'))
              .map(({ name, description, type = 'reference' }) => ({
                name,
                type,
                documentation: description,
              })),
          };
        }),
        interaction: [{ code: 'transaction' }],
      },
    ],
  };
}

function resourceTypeOf({ path }: Route): ServedResource['type'] | undefined {
  return /^\/([A-Z][A-Za-z]+)(\/|$)/.exec(path)?.[1] as ServedResource['type'] | undefined;
}

function interactionOf({ method, path }: Route): NonNullable<Interaction>[number] | undefined {
  if (method === 'GET' && /^\/[A-Za-z]+$/.test(path)) return { code: 'search-type' };
  if (method === 'GET' && /^\/[A-Za-z]+\/\{id\}$/.test(path)) return { code: 'read' };
  if (method === 'POST' && /^\/[A-Za-z]+$/.test(path)) return { code: 'create' };
  return undefined;
}

function operationOf({ path }: Route): { name: string; definition: string } | undefined {
  const name = /\$([a-z-]+)$/.exec(path)?.[1];
  if (!name) return undefined;
  const base = ownOperations.has(name) ? 'https://towpath.example/fhir' : 'http://hl7.org/fhir';
  return { name, definition: `${base}/OperationDefinition/Patient-${name}` };
}
