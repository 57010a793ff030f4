import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { RegionConfig } from '../config/schema.ts';
import type { Bundle } from './bundle.ts';

/** What the asset of each function of one region holds: `index.mjs`, and beside it the region's policy. */
export class FunctionCode {
  readonly #bundle: Bundle;
  readonly #policy: string;

  constructor(bundle: Bundle, policy: RegionConfig['policy']) {
    this.#bundle = bundle;
    this.#policy = JSON.stringify(policy);
  }

  /** Calls `use` with the code of one function. The CDK copies the folder while the function is constructed. */
  with<Result>(name: string, use: (code: Code) => Result): Result {
    const bundled = this.#bundle.get(name);
    if (bundled === undefined) throw new Error(`the bundle holds no function ${name}`);
    const folder = mkdtempSync(join(tmpdir(), 'towpath-function-'));
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'index.mjs'), bundled);
      writeFileSync(join(folder, 'region.json'), this.#policy);
      return use(Code.fromAsset(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
