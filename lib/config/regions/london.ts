import { deploymentDefaults, policyDefaults } from '../defaults.ts';
import { readAgreements } from '../read-agreements.ts';
import { defineRegion } from '../schema.ts';

/** London, with made-up organisations. */
export default defineRegion({
  policy: {
    ...policyDefaults,
    // FHIR clients of a transaction wait for its transaction-response; whoever would rather not says `Prefer: respond-async`.
    intake: { ...policyDefaults.intake, answers: 'at-once' },
    region: 'london',
    name: 'London',
    tokenIssuer: 'https://identity.london.towpath.example',
    tokenAudience: 'https://london.towpath.example/FHIR/R4',
    // Their keys come with the stack's parameter ClientJwks: npm start makes a pair in its data folder.
    clients: [
      {
        id: 'demo-epr',
        name: 'Demonstration EPR',
        organisation: 'T9A',
        grants: [
          { role: 'application', purpose: 'directcare' },
          { role: 'clinician', purpose: 'directcare' },
        ],
      },
      {
        id: 'demo-feed',
        name: 'Demonstration integration engine',
        organisation: 'T9A',
        grants: [{ role: 'feed', purpose: 'feed' }],
      },
    ],
    // Made-up rules: parts of a region agree on different ones.
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
          name: 'South East London',
          organisations: ['T9B', 'VT9C1'],
          recordedBy: ['clinician', 'gp', 'privacy-officer'],
          scopes: ['record', 'sources', 'viewers', 'sections'],
          clinicianLed: false,
          reasonRequired: false,
          confirmation: true,
        },
        {
          name: 'South West London',
          organisations: ['T9M'],
          recordedBy: ['clinician', 'gp'],
          scopes: ['record', 'sections'],
          clinicianLed: true,
          reasonRequired: true,
          confirmation: false,
        },
      ],
    },
    organisations: [
      {
        ods: 'Y90001',
        name: 'Lock Keepers Surgery',
        type: 'gp-practice',
        region: 'london',
      },
      {
        ods: 'T9A',
        name: "Regent's Basin University Hospitals NHS Trust",
        type: 'acute-trust',
        region: 'london',
      },
      {
        ods: 'T9B',
        name: 'Limehouse Cut Hospitals NHS Foundation Trust',
        type: 'acute-trust',
        region: 'london',
      },
      {
        ods: 'T9M',
        name: 'Hertford Union Mental Health NHS Trust',
        type: 'mental-health-trust',
        region: 'london',
      },
      {
        ods: 'T9X',
        name: 'Towpath Ambulance Service NHS Trust',
        type: 'ambulance-service',
        region: 'london',
      },
      {
        ods: 'VT9C1',
        name: 'Narrowboat House',
        type: 'care-home',
        region: 'london',
      },
      {
        ods: 'T9H',
        name: 'Stort Navigation Hospitals NHS Trust',
        type: 'acute-trust',
        region: 'hertfordshire-west-essex',
      },
    ],
    agreements: readAgreements('london'),
  },
  deployment: {
    ...deploymentDefaults,
    // Callers abroad would end TLS at a CloudFront location abroad: a data-protection decision, docs/runbooks/deploy.md.
    endpoint: 'regional',
    costCentre: 'london-shared-record',
  },
});
