import { sourcePartition } from '../../functions/store/keys.ts';
import { getPerson } from '../../functions/store/person.ts';
import { getSourceRecords } from '../../functions/store/source-record.ts';
import { rematchSource } from '../../functions/usecases/rematch-source.ts';
import type { PersonRow } from '../csv/read-people.ts';
import type { JudgedRecord } from './dedupe-figures.ts';
import type { MeasuredRegion } from './fresh-region.ts';
import { openRegister, type Registered } from './register-people.ts';
import { truePerson } from './truth.ts';

/**
 * Registers each row as a source record of its own, then matches each again once, as the late pass does after changes;
 * decides no review, and says where each record ended up.
 */
export async function measureDedupe(
  region: MeasuredRegion,
  rows: readonly PersonRow[],
  onProgress: (done: number) => void,
): Promise<JudgedRecord[]> {
  const register = openRegister(region);
  const registered: Registered[] = [];
  for (const row of rows) {
    registered.push(await register.add(row));
    onProgress(registered.length);
  }
  for (const { source } of registered) await rematchSource(region, source);
  const records = await getSourceRecords(
    region.store,
    registered.map(({ source }) => source),
  );
  const survivorOf = new Map<string, string>();
  const judged: JudgedRecord[] = [];
  for (const [position, row] of rows.entries()) {
    const { queued, source } = registered[position] as Registered;
    const personId = records.get(sourcePartition(source))?.personId;
    if (personId !== undefined && !survivorOf.has(personId))
      survivorOf.set(personId, await findSurvivor(region, personId));
    judged.push({
      // A row that says nothing of its person is taken as the only one.
      truth: truePerson(row) ?? `row ${position}`,
      personId: personId && survivorOf.get(personId),
      queued,
    });
  }
  return judged;
}

/** The person that a merged one now is. */
async function findSurvivor(region: MeasuredRegion, personId: string): Promise<string> {
  const person = await getPerson(region.store, personId);
  return person?.mergedInto === undefined ? personId : findSurvivor(region, person.mergedInto);
}
