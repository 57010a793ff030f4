import type { Bundle, OperationOutcome, Parameters } from 'fhir/r4.js';

/** What each client does against a running region, by its own means: nothing in the client is changed for it. */
export interface StandardClient {
  /** The token endpoint, found as the client finds it. */
  tokenEndpoint(): Promise<string>;
  signIn(accessToken: string): void;
  /** The FHIR version that the CapabilityStatement claims. */
  fhirVersion(): Promise<string | undefined>;
  searchPatients(parameters: Readonly<Record<string, string>>): Promise<Bundle>;
  match(parameters: Parameters): Promise<Bundle>;
  readSection(personId: string, section: string): Promise<Bundle>;
  readSummary(personId: string): Promise<Bundle>;
  /** Ids of the entries of a type, page by page of one entry, by the client's own paging. */
  pagesOf(type: 'Observation', personId: string): Promise<string[][]>;
  /** What the client hands to its user when the region refuses to read a Patient. */
  failureOf(personId: string): Promise<OperationOutcome>;
}

/** The ids of the matches of a page; outcomes about the search are none. */
export function matchesIn({ entry = [] }: Bundle): string[] {
  return entry.flatMap(({ resource, search }) => (search?.mode === 'outcome' ? [] : (resource?.id ?? [])));
}
