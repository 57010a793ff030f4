import * as z from 'zod';
import { type Resource, resourcesOf, type Template } from './synthesise.ts';

const oneOrMore = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), item.transform((value) => [value])]);

const statementSchema = z.strictObject({
  Effect: z.literal('Allow'),
  Action: oneOrMore(z.string()),
  Resource: oneOrMore(z.unknown()),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

const policySchema = z.object({
  PolicyDocument: z.object({ Statement: z.array(statementSchema) }),
  Roles: z.array(z.object({ Ref: z.string() })),
});

const functionSchema = z.object({
  Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

/** One statement of an identity policy, with actions and resources as lists. */
export type Statement = z.infer<typeof statementSchema>;

/** The Lambda functions of a template by the name that they log under. */
export function functionsByName(template: Template): ReadonlyMap<string, Resource> {
  return new Map(
    resourcesOf(template, 'AWS::Lambda::Function').map((resource) => [
      String(environmentOf(resource).POWERTOOLS_SERVICE_NAME),
      resource,
    ]),
  );
}

/** The environment variables of a function. */
export function environmentOf(lambda: Resource): Readonly<Record<string, unknown>> {
  return functionSchema.parse(lambda.Properties).Environment.Variables;
}

/** Every statement that the role of a function has; throws when the role has managed policies besides. */
export function statementsOf(template: Template, lambda: Resource): Statement[] {
  const [roleId] = functionSchema.parse(lambda.Properties).Role['Fn::GetAtt'];
  const role = template.Resources[roleId];
  if (role?.Properties.ManagedPolicyArns || role?.Properties.Policies)
    throw new Error(`${roleId} has policies of its own`);
  return allStatements(template)
    .filter(({ roles }) => roles.includes(roleId))
    .flatMap(({ statements }) => statements);
}

/** Every identity policy of a template. */
export function allStatements(template: Template): { roles: string[]; statements: Statement[] }[] {
  return resourcesOf(template, 'AWS::IAM::Policy').map(({ Properties }) => {
    const { PolicyDocument, Roles } = policySchema.parse(Properties);
    return { roles: Roles.map(({ Ref }) => Ref), statements: PolicyDocument.Statement };
  });
}

/** What a statement's resource is, in a word: `record table`, `audit index byPatient`, `own logs`, `*` … */
export function describeResource(resource: unknown): string {
  const text = JSON.stringify(resource);
  if (text === '"*"') return '*';
  const index = /\/index\/(\w+)/.exec(text)?.[1];
  const names: readonly (readonly [RegExp, string])[] = [
    [/RecordTable\w+StreamArn/, 'record stream'],
    [/RecordTable/, index ? `record index ${index}` : 'record table'],
    [/AuditTable\w+StreamArn/, 'audit stream'],
    [/AuditTable/, index ? `audit index ${index}` : 'audit table'],
    [/RecordKey/, 'record key'],
    [/AuditLogKey/, 'audit log key'],
    [/PostQuantumLogKey/, 'post-quantum log key'],
    [/AuditKey/, 'audit key'],
    [/FnGetAttTokenKey/, 'token key'],
    [/RegionSecret/, 'region secret'],
    ...['checkpoint', 'log.vkey', 'tile/*', 'staging/*', 'second-sink/*'].map(
      (name) => [new RegExp(`AuditArchive\\w+.*/${RegExp.escape(name)}"`), `audit archive ${name}`] as const,
    ),
    [/AuditArchive\w+"?/, 'audit archive'],
    [/Documents\w+.*\/sha256\/\*"/, 'documents sha256/*'],
    [/FnGetAttIntake[0-9A-F]{8}Arn/, 'intake queue'],
    [/Logs[0-9A-F]{8}","Arn"/, 'own logs'],
    [/SequenceAuditFailures/, 'sequence failures'],
    [/FollowAuditFailures/, 'follow failures'],
    [/CountPeopleFailures/, 'count failures'],
    [/RematchSourceFailures/, 'rematch failures'],
    [/GatewayRefusalFailures/, 'refusal failures'],
  ];
  const name = names.find(([pattern]) => pattern.test(text))?.[1];
  if (name === undefined) throw new Error(`a grant on something unforeseen: ${text}`);
  return name;
}

/** Every single grant as one line, `action on resource [via service] [with leading key]`, sorted. */
export function grantLines(statements: readonly Statement[]): string[] {
  const lines = statements.flatMap(({ Action, Resource, Condition }) => {
    const via = Condition?.StringEquals?.['kms:ViaService'];
    const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
    const limits = [...(via ? [` via ${String(via)}`] : []), ...(keys ? [` with ${String(keys)}`] : [])];
    return Action.flatMap((action) =>
      Resource.map((resource) => `${action} on ${describeResource(resource)}${limits.join('')}`),
    );
  });
  return lines.sort();
}
