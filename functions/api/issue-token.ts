import { readAssertion } from '../edge/client-assertion.ts';
import { signAccessToken } from '../edge/signing-key.ts';
import { tokenOperation } from '../edge/token-operation.ts';
import { issueToken } from '../usecases/issue-token.ts';

export const handler = tokenOperation('issue-token', (region, request) =>
  issueToken(
    region,
    {
      readAssertion: (assertion, audience, now) => readAssertion(region.policy, assertion, audience, now),
      sign: signAccessToken,
    },
    request,
  ),
);
