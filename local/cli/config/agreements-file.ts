import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { type Agreement, agreementSchema } from '../../../functions/domain/access/agreement.ts';
import { agreementsFile } from '../../../lib/config/read-agreements.ts';
import type { Outcome } from '../command.ts';

const fileSchema = z.strictObject({ region: z.string(), agreements: z.array(agreementSchema) });

/** The agreements of a file, or what is wrong with it. */
export type ReadAgreements =
  | { readonly ok: true; readonly agreements: readonly Agreement[] }
  | { readonly ok: false; readonly outcome: Outcome };

/** Reads a file of agreements for one region; the region's own file when none is named. */
export async function readAgreementsFile(file: string | undefined, region: string): Promise<ReadAgreements> {
  const path = file ?? agreementsFile(region);
  const fail = (message: string): ReadAgreements => ({ ok: false, outcome: { kind: 'failed', message } });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return fail(`there is no file ${path}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return fail(`${path} is no JSON`);
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success)
    return fail(
      [
        `${path} holds no agreements:`,
        ...parsed.error.issues.map((issue) => `  ${z.core.toDotPath(issue.path)}: ${issue.message}`),
      ].join('\n'),
    );
  if (parsed.data.region !== region)
    return fail(`${path} is for the region ${parsed.data.region}, and this one is ${region}`);
  return { ok: true, agreements: parsed.data.agreements };
}
