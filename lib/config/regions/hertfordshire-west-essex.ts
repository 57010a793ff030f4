import { deploymentDefaults, policyDefaults } from '../defaults.ts';
import { readAgreements } from '../read-agreements.ts';
import { defineRegion } from '../schema.ts';

/** Hertfordshire and West Essex, with made-up organisations. */
export default defineRegion({
  policy: {
    ...policyDefaults,
    // FHIR clients of a transaction wait for its transaction-response; whoever would rather not says `Prefer: respond-async`.
    intake: { ...policyDefaults.intake, answers: 'at-once' },
    region: 'hertfordshire-west-essex',
    name: 'Hertfordshire and West Essex',
    tokenIssuer: 'https://identity.hertfordshire-west-essex.towpath.example',
    tokenAudience: 'https://hertfordshire-west-essex.towpath.example/FHIR/R4',
    // Their keys come with the stack's parameter ClientJwks: npm start makes a pair in its data folder.
    clients: [
      {
        id: 'demo-epr',
        name: 'Demonstration EPR',
        organisation: 'T9H',
        grants: [
          { role: 'application', purpose: 'directcare' },
          { role: 'clinician', purpose: 'directcare' },
        ],
      },
      {
        id: 'demo-feed',
        name: 'Demonstration integration engine',
        organisation: 'T9H',
        grants: [{ role: 'feed', purpose: 'feed' }],
      },
    ],
    organisations: [
      {
        ods: 'Y90101',
        name: 'Feeder Lock Surgery',
        type: 'gp-practice',
        region: 'hertfordshire-west-essex',
      },
      {
        ods: 'T9H',
        name: 'Stort Navigation Hospitals NHS Trust',
        type: 'acute-trust',
        region: 'hertfordshire-west-essex',
      },
      {
        ods: 'T9Y',
        name: 'Lee Navigation Ambulance Service NHS Trust',
        type: 'ambulance-service',
        region: 'hertfordshire-west-essex',
      },
      {
        ods: 'T9A',
        name: "Regent's Basin University Hospitals NHS Trust",
        type: 'acute-trust',
        region: 'london',
      },
    ],
    agreements: readAgreements('hertfordshire-west-essex'),
  },
  deployment: { ...deploymentDefaults, costCentre: 'hertfordshire-west-essex-shared-record' },
});
