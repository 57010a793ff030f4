import { MedplumClient, type OperationOutcomeError } from '@medplum/core';
import type { Bundle, CapabilityStatement, OperationOutcome } from 'fhir/r4.js';
import type { StandardClient } from './standard-client.ts';

/** Medplum's client, pointed at another server than Medplum's. */
export function openMedplumClient(baseUrl: string): StandardClient {
  const { origin, pathname } = new URL(baseUrl);
  const client = new MedplumClient({ baseUrl: origin, fhirUrlPath: pathname.slice(1), cacheTime: 0 });
  const bundle = async (answer: PromiseLike<unknown>) => (await answer) as Bundle;
  return {
    async tokenEndpoint() {
      const url = client.fhirUrl('.well-known/smart-configuration');
      const found = (await client.get(url)) as { token_endpoint: string };
      return found.token_endpoint;
    },
    signIn: (accessToken) => client.setAccessToken(accessToken),
    async fhirVersion() {
      const statement: unknown = await client.get(client.fhirUrl('metadata'));
      return (statement as CapabilityStatement).fhirVersion;
    },
    searchPatients: (parameters) => bundle(client.search('Patient', { ...parameters })),
    match: (parameters) => bundle(client.post(client.fhirUrl('Patient', '$match'), parameters)),
    readSection: (personId, section) =>
      bundle(client.get(client.fhirUrl('Patient', personId, 'sections', section))),
    readSummary: (personId) => bundle(client.readPatientSummary(personId)),
    async pagesOf(type, patient) {
      const pages: string[][] = [];
      for await (const page of client.searchResourcePages(type, { patient, _count: '1' }))
        pages.push([...page].map(({ id }: { id?: string }) => String(id)));
      return pages;
    },
    async failureOf(personId) {
      const failure: unknown = await client
        .readResource('Patient', personId)
        .catch((error: unknown) => error);
      const outcome: unknown = (failure as OperationOutcomeError).outcome;
      return outcome as OperationOutcome;
    },
  };
}
