import { type RegionPolicy, regionPolicySchema } from '../../functions/domain/access/region-policy.ts';

const organisation = (ods: string, type: string, agreement: object) => ({
  ods,
  name: `Organisation ${ods}`,
  type,
  region: 'test',
  agreement,
});

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
    organisation('Y90001', 'gp-practice', { views: true, shares: 'all' }),
    organisation('T9A', 'acute-trust', { views: true, shares: 'all' }),
    organisation('T9B', 'acute-trust', { views: true, shares: 'all' }),
    organisation('T9M', 'mental-health-trust', { views: true, shares: ['alerts', 'care-plans'] }),
    organisation('VT9C1', 'care-home', { views: true, shares: [] }),
    organisation('T9S', 'community-trust', { views: false, shares: 'all' }),
  ],
  // A test asks for the queue where it wants it.
  intake: { answers: 'at-once', rejectDays: 30 },
  deceasedReadableDays: 28,
  relationshipDays: 365,
  sourceTrust: ['gp-practice', 'acute-trust', 'mental-health-trust', 'community-trust', 'care-home'],
  matching: { certain: 0.95, probable: 0.85, possible: 0.6, lead: 0.05, maxCandidates: 50 },
});
