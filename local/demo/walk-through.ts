import { nhsNumberSystem } from '../../functions/formats/fhir/identifier-systems.ts';
/** What the walk-through is about. */
export interface WalkThroughInput {
  readonly baseUrl: string;
  readonly personId: string;
  readonly nhsNumber: string;
  /** Somebody of whom the ambulance service holds nothing. */
  readonly strangerId: string;
  /** The data folder as the user named it; undefined for the default one. */
  readonly dataDir: string | undefined;
}

/** One step: what it shows, and a line that works when pasted into a shell of the project's folder. */
export interface WalkThroughStep {
  readonly title: string;
  readonly command: string;
}

/** Lines of curl that match, read, respect and record. They are about Marian Lockwood; the emergency is another's. */
export function walkThrough({
  baseUrl,
  dataDir,
  nhsNumber,
  personId,
  strangerId,
}: WalkThroughInput): readonly WalkThroughStep[] {
  const data = dataDir === undefined ? '' : ` --data ${shellWord(dataDir)}`;
  const as = (user: string) =>
    `-H "Authorization: Bearer $(npm run -s towpath -- token --as ${user}${data})"`;
  const curl = "curl -sS -w '\\n'";
  const json = "-H 'Content-Type: application/fhir+json'";
  const match = (patient: object) => {
    const parameters = {
      resourceType: 'Parameters',
      parameter: [{ name: 'resource', resource: { resourceType: 'Patient', ...patient } }],
    };
    return `${curl} ${as('clinician')} ${json} -d '${JSON.stringify(parameters)}' '${baseUrl}/Patient/$match'`;
  };
  const allergies = `${baseUrl}/Patient/${personId}/sections/allergies`;
  const strange = `${baseUrl}/Patient/${strangerId}/sections/allergies`;
  // Access alert for an emergency: the pair that the Summary Care Record publishes.
  const emergency = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'alert-type', valueCode: '2' },
      { name: 'reason', valueCode: '5' },
    ],
  };
  const consent = (type: string) =>
    JSON.stringify({
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: `Patient/${personId}` },
      provision: { type },
    }).replaceAll('"', '\\"');
  return [
    {
      title: 'Match by NHS number',
      command: match({ identifier: [{ system: nhsNumberSystem, value: nhsNumber }] }),
    },
    {
      title: 'Match by a mistyped name: the score, the grade and why',
      command: match({
        name: [{ family: 'Lockwod', given: ['Marrian'] }],
        birthDate: '1971-03-09',
        gender: 'female',
        address: [{ postalCode: 'E2 8AA' }],
      }),
    },
    {
      title: 'Read one section of the record',
      command: `${curl} ${as('clinician')} '${allergies}'`,
    },
    {
      title: 'The whole record as an International Patient Summary',
      command: `${curl} ${as('clinician')} '${baseUrl}/Patient/${personId}/$summary'`,
    },
    {
      title: 'An objection, the refusal that follows (403), its reversal, and the record again (200)',
      command:
        `for type in deny permit; do ` +
        `${curl} ${as('clinician')} ${json} -d "${consent('$type')}" '${baseUrl}/Consent'; ` +
        `curl -sS -w ' HTTP %{http_code}\\n' ${as('clinician')} '${allergies}'; done`,
    },
    {
      title:
        'A crew who is not involved: refused (403), an emergency, the record for an hour (200), and the alert to review',
      command:
        `curl -sS -w ' HTTP %{http_code}\\n' ${as('paramedic')} '${strange}'; ` +
        `${curl} ${as('paramedic')} ${json} -d '${JSON.stringify(emergency)}' '${baseUrl}/Patient/${strangerId}/$break-glass'; ` +
        `curl -sS -w ' HTTP %{http_code}\\n' ${as('paramedic')} '${strange}'; ` +
        `${curl} ${as('privacy-officer')} '${baseUrl}/privacy-alerts'`,
    },
    {
      title: 'Who looked at this record',
      command: `${curl} ${as('privacy-officer')} '${baseUrl}/AuditEvent?patient=${personId}'`,
    },
  ];
}

/** Text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
