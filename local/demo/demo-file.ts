import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const demoSchema = z.object({
  state: z.enum(['seeding', 'seeded']),
  seed: z.number().int(),
  /** Epoch milliseconds. */
  madeAt: z.number().int(),
  heroes: z.record(z.string(), z.object({ nhsNumber: z.string(), personId: z.string().optional() })),
});

/** What a data folder remembers of its made-up people: a seeding that was interrupted goes on at the next start. */
export type DemoFile = z.infer<typeof demoSchema>;

function fileOf(dataDir: string, region: string): string {
  return path.join(dataDir, `demo-${region}.json`);
}

/** Reads what is remembered; undefined when the region was never seeded. */
export async function readDemoFile(dataDir: string, region: string): Promise<DemoFile | undefined> {
  try {
    const parsed = demoSchema.safeParse(JSON.parse(await readFile(fileOf(dataDir, region), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers it. */
export async function writeDemoFile(dataDir: string, region: string, demo: DemoFile): Promise<void> {
  const file = fileOf(dataDir, region);
  await writeFile(`${file}.partial`, JSON.stringify(demo), { mode: 0o600 });
  await rename(`${file}.partial`, file);
}
