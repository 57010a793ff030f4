import { randomUUID } from 'node:crypto';
import type { Bundle } from 'fhir/r4.js';
import { type Route, routes } from '../../functions/api/routes.ts';
import { type Permission, roles } from '../../functions/domain/access/roles.ts';
import { makeLetter, makePdf } from './documents.ts';
import { type FaultyEndpoint, makeFaultyEndpoint } from './faulty-endpoint.ts';
import { openTestRegion, type TestCaller, type TestRegion, type TestRequest } from './operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from './people.ts';

/** Somebody, or nobody, of whom a caller might want to know what they are: by number, and by the id of person, allergy, document. */
export interface Subject {
  readonly nhsNumber: string;
  readonly personId: string;
  readonly entryId: string;
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
    [
      'nobody',
      {
        nhsNumber: testNhsNumber(799),
        personId: randomUUID(),
        entryId: 'f'.repeat(32),
        documentId: '0'.repeat(32),
      },
    ],
  ]);
  const data = makePdf(9_000).toString('base64');
  for (const [index, [name, changes]] of Object.entries(kinds).entries()) {
    const id = `oracle-${index}`;
    const nhsNumber = testNhsNumber(700 + index);
    const patient = { ...makeStranger(index), id, nhsNumber, ...changes };
    const { body } = await region.call<Bundle>('submit-bundle', {
      caller: feed,
      body: makeBundle(
        makePatient(patient),
        makeAllergy(`${id}-a`, id),
        makeLetter(`${id}-l`, id, { contentType: 'application/pdf', data }),
      ),
    });
    const personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
    const known = new Set([...subjects.values()].flatMap(({ documentId, entryId }) => [documentId, entryId]));
    const items = await region.recordItems();
    const newIdBehind = (prefix: string) =>
      items
        .flatMap(({ PK }) => (String(PK).startsWith(prefix) ? [String(PK).slice(prefix.length)] : []))
        .find((one) => !known.has(one));
    const documentId = newIdBehind('DOCUMENT#');
    const entryId = newIdBehind('ENTRY#AllergyIntolerance#');
    if (!personId || !documentId || !entryId) throw new Error(`the ${name} patient was not filed`);
    subjects.set(name, { nhsNumber, personId, entryId, documentId });
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
    path.startsWith('/{type}/{id}') ||
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
    ask: ({ documentId, entryId, personId }) => ({
      path: {
        ...(path.includes('{id}') && {
          id: path.startsWith('/Binary') ? documentId : path.startsWith('/{type}') ? entryId : personId,
        }),
        ...(path.includes('{code}') && { code: 'allergies' }),
        ...(path.includes('{type}') && { type: 'AllergyIntolerance' }),
      },
      ...(query.some(({ name }) => name === 'patient') && { query: { patient: personId } }),
      ...(requestSchema === 'Consent' && { body: consent(personId) }),
      ...(requestSchema === 'BreakGlassParameters' && { body: claim }),
    }),
  }));

/** The two ways in which somebody is sought by a number alone. */
export const numberRoutes: typeof patientRoutes = [
  {
    operation: 'match-patient',
    ask: ({ nhsNumber }) => ({
      body: {
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'resource',
            resource: {
              resourceType: 'Patient',
              identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
            },
          },
        ],
      },
    }),
  },
  { operation: 'search-patients', ask: ({ nhsNumber }) => ({ query: { identifier: nhsNumber } }) },
];

const claim = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'alert-type', valueCode: '1' },
    { name: 'reason', valueCode: '4' },
  ],
};
