import * as z from 'zod';

const list = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

/** An authoriser's policy. Conditions and Not… elements are not served: such a policy counts as malformed. */
export const invokePolicySchema = z.object({
  Version: z.string().optional(),
  Statement: z.preprocess(
    (value) => (Array.isArray(value) ? value : [value]),
    z.array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.enum(['Allow', 'Deny']),
        Action: list,
        Resource: list,
      }),
    ),
  ),
});

/** A checked policy. */
export type InvokePolicy = z.infer<typeof invokePolicySchema>;

/** Whether `*` (any characters) and `?` (one character) of the pattern cover the text. */
export function matchesWildcards(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

/** What the policy says about invoking one method: an explicit deny wins, nothing said is a denial. */
export function evaluateInvokePolicy(
  policy: InvokePolicy,
  methodArn: string,
): 'allowed' | 'denied-explicitly' | 'denied' {
  let decision: 'allowed' | 'denied' = 'denied';
  for (const statement of policy.Statement) {
    const action = statement.Action.some((pattern) =>
      matchesWildcards(pattern.toLowerCase(), 'execute-api:invoke'),
    );
    const resource = statement.Resource.some((pattern) => matchesWildcards(pattern, methodArn));
    if (!action || !resource) continue;
    if (statement.Effect === 'Deny') return 'denied-explicitly';
    decision = 'allowed';
  }
  return decision;
}
