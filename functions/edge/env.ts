import * as z from 'zod';

const environmentSchema = z.object({
  RECORD_TABLE: z.string().min(1).optional(),
  AUDIT_TABLE: z.string().min(1).optional(),
  AUDIT_BUCKET: z.string().min(1).optional(),
  DOCUMENTS_BUCKET: z.string().min(1).optional(),
  /** URL of the queue in which feeds wait. */
  INTAKE_QUEUE: z.url().optional(),
  /** KMS id of the key that signs the heads of the audit log. */
  LOG_KEY: z.string().min(1).optional(),
  /** KMS id of the ML-DSA-44 key that signs them beside it; absent where the region has none. */
  POST_QUANTUM_LOG_KEY: z.string().min(1).optional(),
  /** Whether the audit bucket has Object Lock. */
  AUDIT_LOCKED: z.stringbool().optional(),
  /** Milliseconds within which the audit table must have taken an entry. */
  AUDIT_BUDGET: z.coerce.number().int().positive().optional(),
  /** Secrets Manager id of the region's secret, from which the pseudonym and cursor keys are derived. */
  REGION_SECRET: z.string().min(1).optional(),
  /** Public keys (a JSON Web Key Set) under which tokens of the region's issuer are taken beside its own key. */
  TOKEN_JWKS: z.string().min(1).optional(),
  /** KMS id of the key that signs the region's access tokens. */
  TOKEN_KEY: z.string().min(1).optional(),
  /** Public key sets, by client id, of the clients whose keys are not in the region's config. */
  CLIENT_JWKS: z.string().min(1).optional(),
  /** Where the function's code is; region.json lies beside the bundle. Lambda sets it. */
  LAMBDA_TASK_ROOT: z.string().min(1),
});

/** What a function reads from its environment. */
export type Environment = z.infer<typeof environmentSchema>;

let parsed: Environment | undefined;

/** The environment, parsed once; throws at first use when a variable is malformed. */
export function environment(): Environment {
  parsed ??= environmentSchema.parse(process.env);
  return parsed;
}

/** One variable that this function cannot work without; throws with the variable's name when the stack left it out. */
export function requireVariable<Name extends keyof Environment>(name: Name): NonNullable<Environment[Name]> {
  const value = environment()[name];
  if (value === undefined) throw new Error(`environment variable ${name} is not set`);
  return value;
}
