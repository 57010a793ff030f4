import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SecretDefinition, SecretRecipe } from '../../../local/aws/secrets-manager.ts';
import { generateSecretText, startSecretsManager } from '../../../local/aws/secrets-manager.ts';

const recipe: SecretRecipe = {
  PasswordLength: 64,
  ExcludeCharacters: '',
  ExcludeLowercase: false,
  ExcludeUppercase: false,
  ExcludeNumbers: false,
  ExcludePunctuation: true,
  IncludeSpace: false,
  RequireEachIncludedType: true,
};
const secret: SecretDefinition = {
  arn: 'arn:aws:secretsmanager:eu-west-2:000000000000:secret:region-abcdef',
  name: 'region',
  value: { kind: 'generated', recipe },
};

/** Starts the service, asks it once and stops it. */
async function ask(file: string | undefined, id: string, secrets = [secret]) {
  const service = await startSecretsManager({
    secrets,
    file,
    clock: () => 1_700_000_000_000,
    onDefect: () => {},
  });
  const client = new SecretsManagerClient({
    endpoint: service.endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  try {
    return await client.send(new GetSecretValueCommand({ SecretId: id }));
  } finally {
    client.destroy();
    await service.close();
  }
}

function makeFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towpath-secrets-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return path.join(folder, 'deeper', 'secrets.json');
}

describe('Secrets Manager, through the real SDK', () => {
  it('gives a generated secret by ARN and by name', async () => {
    const file = makeFile();
    const byArn = await ask(file, secret.arn);
    expect(byArn.SecretString).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(byArn).toMatchObject({ ARN: secret.arn, Name: 'region', VersionStages: ['AWSCURRENT'] });
    expect((await ask(file, 'region')).SecretString).toBe(byArn.SecretString);
  });

  it('keeps its value over restarts, in a file for its owner alone', async () => {
    const file = makeFile();
    const first = await ask(file, secret.arn);
    const second = await ask(file, secret.arn);
    expect(second.SecretString).toBe(first.SecretString);
    expect(second.VersionId).toBe(first.VersionId);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(first.SecretString);
  });

  it('generates another value for another data folder', async () => {
    expect((await ask(makeFile(), secret.arn)).SecretString).not.toBe(
      (await ask(undefined, secret.arn)).SecretString,
    );
  });

  it('gives a declared value, and a new one when the template changes it', async () => {
    const file = makeFile();
    const given = (text: string): SecretDefinition => ({ ...secret, value: { kind: 'given', text } });
    expect((await ask(file, 'region', [given('one')])).SecretString).toBe('one');
    expect((await ask(file, 'region', [given('two')])).SecretString).toBe('two');
  });

  it('answers an unknown secret, and another operation, as AWS words it', async () => {
    await expect(ask(undefined, 'none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const service = await startSecretsManager({
      secrets: [secret],
      file: undefined,
      clock: () => 0,
      onDefect: () => {},
    });
    const client = new SecretsManagerClient({
      endpoint: service.endpoint,
      region: 'eu-west-2',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
    await expect(
      client.send(new PutSecretValueCommand({ SecretId: 'region', SecretString: 'x' })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
    client.destroy();
    await service.close();
  });
});

describe('the recipe of a secret', () => {
  const zero = (): number => 0;

  it('takes each included class at least once and no excluded character', () => {
    const text = generateSecretText(
      { ...recipe, PasswordLength: 8, ExcludePunctuation: false, ExcludeCharacters: 'a!' },
      zero,
    );
    expect(text).toHaveLength(8);
    for (const kind of [/[b-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]) expect(text).toMatch(kind);
    expect(text).not.toMatch(/[a!]/);
  });

  it('puts the text into a JSON template under its key', () => {
    const text = generateSecretText(
      { ...recipe, GenerateStringKey: 'password', SecretStringTemplate: '{"user":"region"}' },
      zero,
    );
    expect(JSON.parse(text)).toEqual({ user: 'region', password: expect.stringMatching(/^.{64}$/) });
  });

  it('is refused when it leaves no character', () => {
    const none = { ...recipe, ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true };
    expect(() => generateSecretText(none, zero)).toThrow('leaves no character');
  });
});
