import type { FhirResource, Patient } from 'fhir/r4.js';

/** What a resource of a message becomes beside the one that is held under its name, for what the message leaves out. */
export interface Completion<Resource extends FhirResource = FhirResource> {
  readonly type: Resource['resourceType'];
  readonly id: string;
  readonly complete: (said: Resource, held: Resource) => Resource;
  /** The message does not send it: where it is not held, there is nothing to change. */
  readonly onlyIfHeld?: true;
}

/** The completion of a Patient. */
export type PatientCompletion = Pick<Completion<Patient>, 'complete'>;

/** The completion of a resource of one type as one of any: a name is held by one type alone. */
export function completing<Resource extends FhirResource>(completion: Completion<Resource>): Completion {
  const { complete, type } = completion;
  const isOfType = (resource: FhirResource): resource is Resource => resource.resourceType === type;
  return {
    ...completion,
    complete: (said, held) => (isOfType(said) && isOfType(held) ? complete(said, held) : said),
  };
}
