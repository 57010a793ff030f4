import type { Disclosure } from '../usecases/region.ts';
import type { ShownTask } from '../usecases/show-review-tasks.ts';

/** Everybody whose details the tasks show, each once. A record in quarantine is nobody's: the entry names no person then. */
export function disclosuresOf(tasks: readonly ShownTask[]): Disclosure[] {
  const counts = new Map<string | undefined, number>();
  for (const side of tasks.flatMap(({ sides }) => sides)) {
    const personId = side.kind === 'person' ? side.person.personId : undefined;
    counts.set(personId, (counts.get(personId) ?? 0) + 1);
  }
  return [...counts].map(([personId, resourceCount]) => ({
    section: 'demographics',
    resourceCount,
    ...(personId !== undefined && { personId }),
  }));
}
