import { assertionAlgorithms } from '../edge/client-assertion.ts';
import { openOperation } from '../edge/http-operation.ts';
import { loadPolicy } from '../edge/policy.ts';

export const handler = openOperation('get-smart-configuration', async (baseUrl) => {
  const { clients, tokenIssuer } = loadPolicy();
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    // SMART App Launch 2.0, "conformance", of which this region has Backend Services' client authentication alone.
    body: {
      issuer: tokenIssuer,
      jwks_uri: `${baseUrl}/oauth2/jwks`,
      token_endpoint: `${baseUrl}/oauth2/token`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      scopes_supported: [...new Set(clients.flatMap(({ grants }) => grants.map(({ role }) => role)))],
      response_types_supported: [],
      code_challenge_methods_supported: [],
      capabilities: ['client-confidential-asymmetric'],
    },
  };
});
