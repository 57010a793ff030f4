import { createHash, randomBytes } from 'node:crypto';
import { organisationOf } from '../domain/access/region-policy.ts';
import { type AuditEvent, longestResourceList } from '../domain/audit/audit-entry.ts';
import { appendAuditEntry } from '../store/audit.ts';
import type { Disclosure, Region } from './region.ts';

/** What all entries of one request share. */
export type AuditedRequest = Pick<AuditEvent, 'operation' | 'action' | 'caller' | 'requestId'>;

/**
 * Writes one entry for each person in the answer (one without a person when it is about nobody), with a salted digest of
 * the exact body; it resolves when all are stored and throws when one is not: then the body must not be released.
 */
export async function auditDisclosure(
  { policy, store }: Region,
  request: AuditedRequest,
  disclosures: readonly Disclosure[],
  body: string | Buffer,
): Promise<void> {
  const salt = makeSalt();
  const bodyDigest = createHash('sha256').update(salt).update(body).digest('hex');
  const parts: readonly Partial<Disclosure>[] = disclosures.length > 0 ? disclosures : [{}];
  await Promise.all(
    parts.map(({ resources, ...part }) =>
      appendAuditEntry(store, {
        ...request,
        ...nameThen(policy, request),
        outcome: 'success',
        bodyDigest,
        salt,
        ...part,
        ...(resources && listResources(resources, salt)),
      }),
    ),
  );
}

/** The entries that were shown by name, or the digest of a list that is too long for an entry. */
function listResources(
  resources: readonly string[],
  salt: string,
): Pick<AuditEvent, 'resources' | 'resourcesDigest'> {
  if (resources.length <= longestResourceList) return { resources };
  const list = resources.toSorted().join('\n');
  return { resourcesDigest: createHash('sha256').update(salt).update(list).digest('hex') };
}

/** Organisations are renamed and merged; an entry says what they were called. */
function nameThen(
  policy: Region['policy'],
  { caller }: AuditedRequest,
): Pick<AuditEvent, 'organisationName'> {
  const organisationName = organisationOf(policy, caller.organisation)?.name;
  return organisationName === undefined ? {} : { organisationName };
}

/** Writes the entry of a refusal or a failure; throws when it is not stored. */
export async function auditRefusal(
  { policy, store }: Region,
  request: AuditedRequest,
  refusal: Pick<AuditEvent, 'outcome' | 'errorCode' | 'personId' | 'reason'>,
): Promise<void> {
  await appendAuditEntry(store, { ...request, ...nameThen(policy, request), ...refusal, salt: makeSalt() });
}

/** 128 bits: nobody can guess an entry from its hash in the log, also once its text is erased. */
function makeSalt(): string {
  return randomBytes(16).toString('hex');
}
