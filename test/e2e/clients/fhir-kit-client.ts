import type { Bundle, CapabilityStatement, OperationOutcome } from 'fhir/r4.js';
import { Client } from 'fhir-kit-client';
import { matchesIn, type StandardClient } from './standard-client.ts';

/** fhir-kit-client, as its README uses it. */
export function openFhirKitClient(baseUrl: string): StandardClient {
  const client = new Client({ baseUrl });
  const bundle = async (answer: Promise<unknown>) => (await answer) as Bundle;
  return {
    async tokenEndpoint() {
      const { tokenUrl } = await client.smartAuthMetadata();
      return String(tokenUrl);
    },
    signIn(accessToken) {
      client.bearerToken = accessToken;
    },
    async fhirVersion() {
      const statement: unknown = await client.capabilityStatement();
      return (statement as CapabilityStatement).fhirVersion;
    },
    searchPatients: (searchParams) => bundle(client.search({ resourceType: 'Patient', searchParams })),
    match: (input) =>
      bundle(client.operation({ resourceType: 'Patient', name: '$match', input: { ...input } })),
    readSection: (personId, section) => bundle(client.request(`Patient/${personId}/sections/${section}`)),
    readSummary: (id) =>
      bundle(client.operation({ resourceType: 'Patient', id, name: '$summary', method: 'GET' })),
    async pagesOf(resourceType, patient) {
      const pages: string[][] = [];
      let page: unknown = await client.search({ resourceType, searchParams: { patient, _count: 1 } });
      while (page !== undefined) {
        const { entry = [], link = [], ...rest } = page as Bundle;
        pages.push(matchesIn({ ...rest, entry }));
        const links = link.map(({ relation, url }) => ({ relation, url }));
        page = await client.nextPage({ bundle: { ...rest, link: links } });
      }
      return pages;
    },
    async failureOf(id) {
      const failure: unknown = await client
        .read({ resourceType: 'Patient', id })
        .catch((error: unknown) => error);
      return (failure as { response: { data: OperationOutcome } }).response.data;
    },
  };
}
