import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bundle, CapabilityStatement, OperationOutcome } from 'fhir/r4.js';
import smart from 'fhirclient';
import { matchesIn, type StandardClient } from './standard-client.ts';

/** SMART's own client (client-js), as a server uses it that already has its token. */
export function openSmartClient(baseUrl: string): StandardClient {
  // It asks its own web request for nothing but the address of a redirection, of which there is none here.
  const request = { headers: { host: 'localhost' }, url: '/', socket: {} } as IncomingMessage;
  const open = (accessToken?: string) =>
    smart(request, {} as ServerResponse, storage).client({
      serverUrl: baseUrl,
      ...(accessToken && { tokenResponse: { access_token: accessToken } }),
    });
  let client = open();
  const bundle = async (answer: Promise<unknown>) => (await answer) as Bundle;
  return {
    async tokenEndpoint() {
      const found: unknown = await client.request('.well-known/smart-configuration');
      return (found as { token_endpoint: string }).token_endpoint;
    },
    signIn(accessToken) {
      client = open(accessToken);
    },
    async fhirVersion() {
      const statement: unknown = await client.request('metadata');
      return (statement as CapabilityStatement).fhirVersion;
    },
    searchPatients: (parameters) => bundle(client.request(`Patient?${new URLSearchParams(parameters)}`)),
    match: (parameters) =>
      bundle(
        client.request({
          url: 'Patient/$match',
          method: 'POST',
          headers: { 'Content-Type': 'application/fhir+json' },
          body: JSON.stringify(parameters),
        }),
      ),
    readSection: (personId, section) => bundle(client.request(`Patient/${personId}/sections/${section}`)),
    readSummary: (personId) => bundle(client.request(`Patient/${personId}/$summary`)),
    async pagesOf(type, personId) {
      const pages: unknown = await client.request(`${type}?patient=${personId}&_count=1`, { pageLimit: 0 });
      return (pages as Bundle[]).map(matchesIn);
    },
    async failureOf(personId) {
      const failure: unknown = await client.request(`Patient/${personId}`).catch((error: unknown) => error);
      const { message } = failure as Error;
      return JSON.parse(message.slice(message.indexOf('{'))) as OperationOutcome;
    },
  };
}

/** What it would keep between two web requests: there is only one. */
const storage = {
  get: () => Promise.resolve(undefined),
  set: (_: string, value: unknown) => Promise.resolve(value),
  unset: () => Promise.resolve(true),
};
