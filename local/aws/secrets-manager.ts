import { randomInt, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { LocalService, ServiceAnswer } from './local-service.ts';
import { startLocalService } from './local-service.ts';

/** How AWS::SecretsManager::Secret generates a value. */
export interface SecretRecipe {
  readonly PasswordLength: number;
  readonly ExcludeCharacters: string;
  readonly ExcludeLowercase: boolean;
  readonly ExcludeUppercase: boolean;
  readonly ExcludeNumbers: boolean;
  readonly ExcludePunctuation: boolean;
  readonly IncludeSpace: boolean;
  readonly RequireEachIncludedType: boolean;
  readonly GenerateStringKey?: string | undefined;
  readonly SecretStringTemplate?: string | undefined;
}

/** A declared secret: its value is given, or generated once. */
export interface SecretDefinition {
  readonly arn: string;
  readonly name: string;
  readonly value:
    | { readonly kind: 'given'; readonly text: string }
    | { readonly kind: 'generated'; readonly recipe: SecretRecipe };
}

const keptSchema = z.record(
  z.string(),
  z.object({ value: z.string(), versionId: z.string(), createdAt: z.number() }),
);
type Kept = z.infer<typeof keptSchema>;

const requestSchema = z.object({ SecretId: z.string() });

/** A random text by the recipe; `random` gives an integer from 0 up to its argument. */
export function generateSecretText(recipe: SecretRecipe, random: (below: number) => number): string {
  const classes = [
    recipe.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    recipe.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    recipe.ExcludeNumbers ? '' : '0123456789',
    recipe.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    recipe.IncludeSpace ? ' ' : '',
  ]
    .map((characters) => [...characters].filter((one) => !recipe.ExcludeCharacters.includes(one)))
    .filter((characters) => characters.length > 0);
  const all = classes.flat();
  if (all.length === 0) throw new Error('the recipe of a secret leaves no character');
  const pick = (characters: readonly string[]): string => characters[random(characters.length)] ?? '';
  const chosen = (recipe.RequireEachIncludedType ? classes : []).map(pick);
  while (chosen.length < recipe.PasswordLength) chosen.push(pick(all));
  for (let index = chosen.length - 1; index > 0; index -= 1) {
    const other = random(index + 1);
    [chosen[index], chosen[other]] = [chosen[other] ?? '', chosen[index] ?? ''];
  }
  const text = chosen.slice(0, recipe.PasswordLength).join('');
  if (recipe.GenerateStringKey === undefined) return text;
  const template = z.record(z.string(), z.json()).parse(JSON.parse(recipe.SecretStringTemplate ?? '{}'));
  return JSON.stringify({ ...template, [recipe.GenerateStringKey]: text });
}

function readKept(file: string | undefined): Kept {
  if (file === undefined || !existsSync(file)) return {};
  return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

function keep(file: string, kept: Kept): void {
  mkdirSync(path.dirname(file), { recursive: true });
  // Written whole beside and renamed: a crash leaves the old file or the new one.
  writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

interface SecretsInput {
  readonly secrets: readonly SecretDefinition[];
  /** Where generated values are kept; undefined keeps them in memory. */
  readonly file: string | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly onDefect: (error: unknown) => void;
}

function refusal(type: string, message: string): ServiceAnswer {
  return {
    statusCode: 400,
    headers: { 'Content-Type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message }),
  };
}

/** Starts Secrets Manager's GetSecretValue; a secret keeps its value as long as its file. */
export async function startSecretsManager(input: SecretsInput): Promise<LocalService> {
  const kept = readKept(input.file);
  let changed = false;
  for (const secret of input.secrets) {
    const given = secret.value.kind === 'given' ? secret.value.text : undefined;
    const before = kept[secret.arn];
    if (before !== undefined && (given === undefined || before.value === given)) continue;
    const value =
      secret.value.kind === 'given' ? secret.value.text : generateSecretText(secret.value.recipe, randomInt);
    kept[secret.arn] = { value, versionId: randomUUID(), createdAt: input.clock() };
    changed = true;
  }
  if (changed && input.file !== undefined) keep(input.file, kept);

  return startLocalService((request) => {
    if (request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') {
      return refusal('InvalidRequestException', 'only GetSecretValue is served locally');
    }
    const parsed = requestSchema.safeParse(JSON.parse(request.body.toString('utf8')));
    if (!parsed.success) return refusal('ValidationException', 'SecretId is missing');
    const { SecretId: id } = parsed.data;
    const secret = input.secrets.find(({ arn, name }) => arn === id || name === id);
    const value = secret === undefined ? undefined : kept[secret.arn];
    if (secret === undefined || value === undefined) {
      return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return {
      statusCode: 200,
      headers: { 'Content-Type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({
        ARN: secret.arn,
        Name: secret.name,
        SecretString: value.value,
        VersionId: value.versionId,
        VersionStages: ['AWSCURRENT'],
        CreatedDate: value.createdAt / 1000,
      }),
    };
  }, input.onDefect);
}
