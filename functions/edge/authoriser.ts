import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { organisationOf, usagePlanKey } from '../domain/access/region-policy.ts';
import { bearerToken, verifyToken } from './authentication.ts';
import { loadPolicy } from './policy.ts';
import { tokenPublicKey } from './signing-key.ts';

/**
 * API Gateway's REQUEST authoriser: says who is asking, not what they may do. The policy allows the whole stage, so that
 * a cached one does not refuse the caller's next path; roles are decided, and refusals audited, in the operation.
 */
export async function handler(event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  const header = Object.entries(event.headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'authorization',
  )?.[1];
  const token = bearerToken(header);
  const caller = token === undefined ? undefined : await verifyToken(token, tokenPublicKey);
  // API Gateway answers 401 to exactly this message and 500 to any other.
  if (!caller) throw new Error('Unauthorized');
  const policy = loadPolicy();
  const [api, stage] = event.methodArn.split('/');
  return {
    principalId: caller.subject,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/*` }],
    },
    context: { ...caller },
    usageIdentifierKey: usagePlanKey(policy.region, organisationOf(policy, caller.organisation)?.ods),
  };
}
