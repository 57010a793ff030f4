import { randomUUID } from 'node:crypto';
import type { Bundle } from 'fhir/r4.js';
import { type Route, routes } from '../../functions/api/routes.ts';
import { type Permission, roles } from '../../functions/domain/access/roles.ts';
import { makeLetter, makePdf } from './documents.ts';
import { type FaultyEndpoint, makeFaultyEndpoint } from './faulty-endpoint.ts';
import { openTestRegion, type TestCaller, type TestRegion, type TestRequest } from './operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from './people.ts';

/** Somebody, or nobody, of whom a caller might want to know what they are: by the id of the person and of a document. */
export interface Subject {
  readonly personId: string;
  readonly documentId: string;
}

/** A region with patients of T9B who are each something else, and a count of the store calls. */
export interface OracleWorld {
  readonly region: TestRegion;
  /** Nobody first; then held, sealed, objected and long deceased. */
  readonly subjects: ReadonlyMap<string, Subject>;
  readonly endpoint: FaultyEndpoint;
  readonly close: () => Promise<void>;
}

/** Opens an {@link OracleWorld} whose answers leave as they come, or at even moments of so many milliseconds. */
export async function openOracleWorld(evenMilliseconds = 0): Promise<OracleWorld> {
  const endpoint = makeFaultyEndpoint();
  const region = await openTestRegion({
    endpointInFrontOf: endpoint.start,
    policyChanges: { evenMilliseconds },
  });
  const feed = { role: 'feed', organisation: 'T9B', purpose: 'feed' } as const;
  const subjects = new Map<string, Subject>([
    ['nobody', { personId: randomUUID(), documentId: '0'.repeat(32) }],
  ]);
  const data = makePdf(9_000).toString('base64');
  for (const [index, [name, changes]] of Object.entries(kinds).entries()) {
    const id = `oracle-${index}`;
    const patient = { ...makeStranger(index), id, nhsNumber: testNhsNumber(700 + index), ...changes };
    const { body } = await region.call<Bundle>('submit-bundle', {
      caller: feed,
      body: makeBundle(
        makePatient(patient),
        makeAllergy(`${id}-a`, id),
        makeLetter(`${id}-l`, id, { contentType: 'application/pdf', data }),
      ),
    });
    const personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
    const known = new Set([...subjects.values()].map(({ documentId }) => documentId));
    const documents = (await region.recordItems()).filter(({ type }) => type === 'Document');
    const documentId = documents
      .map(({ PK }) => String(PK).replace('DOCUMENT#', ''))
      .find((one) => !known.has(one));
    if (!personId || !documentId) throw new Error(`the ${name} patient was not filed`);
    subjects.set(name, { personId, documentId });
  }
  const objected = subjects.get('objected')?.personId;
  await region.call('record-objection', {
    caller: { role: 'privacy-officer', purpose: 'audit' },
    body: consent(objected ?? ''),
  });
  return {
    region,
    subjects,
    endpoint,
    close: async () => {
      await region.close();
      await endpoint.close();
    },
  };
}

const kinds: Readonly<Record<string, Parameters<typeof makePatient>[0]>> = {
  held: {},
  sealed: { restricted: true },
  objected: {},
  'long deceased': { deceased: '2010-10-22' },
};

const consent = (reference: string) => ({
  resourceType: 'Consent',
  status: 'active',
  patient: { reference },
  provision: { type: 'deny' },
});

/** The role in which somebody asks by a route about a patient; undefined for routes that are about none, or for the region's own roles. */
export function askingRole({
  path,
  permission,
  query,
  requestSchema,
}: Route): TestCaller['role'] | undefined {
  if (permission === 'open' || permission === 'record.write' || permission === 'patient.match')
    return undefined;
  const isAboutPatient =
    path.startsWith('/Patient/{id}') ||
    path.startsWith('/Binary/{id}') ||
    query.some(({ name }) => name === 'patient') ||
    requestSchema === 'Consent';
  const held: readonly Permission[] = roles.clinician.permissions;
  return isAboutPatient && held.includes(permission) ? 'clinician' : undefined;
}

/** Every route by which a clinician can ask about a patient, with how it is asked. */
export const patientRoutes: readonly {
  readonly operation: string;
  readonly ask: (subject: Subject) => TestRequest;
}[] = routes
  .filter((route) => askingRole(route))
  .map(({ operation, path, query, requestSchema }) => ({
    operation,
    ask: ({ documentId, personId }) => ({
      path: {
        ...(path.includes('{id}') && { id: path.startsWith('/Binary') ? documentId : personId }),
        ...(path.includes('{code}') && { code: 'allergies' }),
        ...(path.includes('{type}') && { type: 'AllergyIntolerance' }),
      },
      ...(query.some(({ name }) => name === 'patient') && { query: { patient: personId } }),
      ...(requestSchema === 'Consent' && { body: consent(personId) }),
      ...(requestSchema === 'BreakGlassParameters' && { body: claim }),
    }),
  }));

const claim = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'alert-type', valueCode: '1' },
    { name: 'reason', valueCode: '4' },
  ],
};
