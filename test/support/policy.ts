import { type RegionPolicy, regionPolicySchema } from '../../functions/domain/access/region-policy.ts';

const organisation = (ods: string, type: string) => ({
  ods,
  name: `Organisation ${ods}`,
  type,
  region: 'test',
});

const from = '2020-01-01';
const views = [{ roles: 'all', sections: 'all', from }];
const shares = (sections: 'all' | readonly string[]) => [{ sections, roles: 'all', with: 'all', from }];

/** A region for tests: two acute trusts, a practice, a view-only care home, a trust that shares little, a mere sender. */
export const policy: RegionPolicy = regionPolicySchema.parse({
  region: 'test',
  name: 'Test region',
  tokenIssuer: 'https://identity.test.towpath.example',
  tokenAudience: 'https://test.towpath.example/FHIR/R4',
  issuers: [
    {
      issuer: 'https://cis2.test.towpath.example/oidc',
      jwksUri: 'https://cis2.test.towpath.example/oidc/keys',
      algorithms: ['RS256'],
      roles: { R8000: 'clinician', R8008: 'clerk' },
      purpose: 'directcare',
    },
  ],
  clients: [
    {
      id: 'epr',
      name: 'Test EPR',
      organisation: 'T9A',
      grants: [
        { role: 'application', purpose: 'directcare' },
        { role: 'clinician', purpose: 'directcare' },
      ],
    },
    {
      id: 'feeder',
      name: 'Test engine',
      organisation: 'T9B',
      grants: [{ role: 'feed', purpose: 'feed' }],
    },
    {
      id: 'keyless',
      name: 'Test client without keys',
      organisation: 'T9B',
      grants: [{ role: 'feed', purpose: 'feed' }],
    },
  ],
  organisations: [
    organisation('Y90001', 'gp-practice'),
    organisation('T9A', 'acute-trust'),
    organisation('T9B', 'acute-trust'),
    organisation('T9M', 'mental-health-trust'),
    organisation('VT9C1', 'care-home'),
    organisation('T9S', 'community-trust'),
  ],
  agreements: [
    { organisation: 'Y90001', view: views, share: shares('all') },
    { organisation: 'T9A', view: views, share: shares('all') },
    { organisation: 'T9B', view: views, share: shares('all') },
    { organisation: 'T9M', view: views, share: shares(['alerts', 'care-plans']) },
    { organisation: 'VT9C1', view: views, share: [] },
    { organisation: 'T9S', view: [], share: shares('all') },
  ],
  // One area in which a clinician decides, and somebody else confirms; everywhere else as the schema has it.
  objections: {
    everywhere: {
      recordedBy: ['clinician', 'gp', 'privacy-officer'],
      scopes: ['record', 'sources', 'viewers', 'sections'],
      clinicianLed: false,
      reasonRequired: false,
      confirmation: false,
    },
    areas: [
      {
        name: 'Strict',
        organisations: ['T9M'],
        recordedBy: ['clinician'],
        scopes: ['record', 'sections'],
        clinicianLed: true,
        reasonRequired: true,
        confirmation: true,
      },
    ],
  },
  // A test asks for the queue where it wants it.
  intake: { answers: 'at-once', rejectDays: 30 },
  // What is counted and timed is not the reading of agreements.
  agreementSeconds: 60,
  // A test waits for nothing.
  evenMilliseconds: 0,
  // A test file asks all it asks in a minute.
  searchQuotas: { person: { aMinute: 400, anHour: 5_000 } },
  privacy: { patientsAnHour: 60, foundAnHour: 40, afterDeathDays: 7 },
  deceasedReadableDays: 28,
  sourceTrust: ['gp-practice', 'acute-trust', 'mental-health-trust', 'community-trust', 'care-home'],
  matching: { certain: 0.95, probable: 0.85, possible: 0.6, lead: 0.05, maxCandidates: 50 },
});
