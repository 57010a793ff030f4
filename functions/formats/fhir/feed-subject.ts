import { businessIds } from './feed-entry.ts';
import { isJsonObject, type JsonValue } from './json.ts';
import { patientIdOf } from './references.ts';

/**
 * The sender's id of the one Patient that a feed is about, as far as a first look shows; undefined where there is none or
 * several. Feeds about one patient are filed one after another; what is said here decides nothing else.
 */
export function subjectOfFeed(resource: unknown): string | undefined {
  if (!isJsonObject(resource)) return undefined;
  if (resource.resourceType !== 'Bundle') return idOf(resource);
  const entries = Array.isArray(resource.entry) ? resource.entry : [];
  const found = new Set(
    entries.flatMap((entry: JsonValue) => {
      const one = isJsonObject(entry) && isJsonObject(entry.resource) ? idOf(entry.resource) : undefined;
      return one ?? [];
    }),
  );
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

function idOf(resource: JsonValue): string | undefined {
  if (!isJsonObject(resource)) return undefined;
  if (resource.resourceType === 'Patient')
    return typeof resource.id === 'string' ? resource.id : businessIds(resource)[0];
  const subject = resource.subject ?? resource.patient ?? null;
  const reference = isJsonObject(subject) ? subject.reference : undefined;
  return typeof reference === 'string' ? patientIdOf(reference) : undefined;
}
