import type { Caller } from '../domain/access/caller.ts';
import { sharesSection } from '../domain/access/decide-access.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import type { SourceRef } from '../store/keys.ts';
import type { OpenRecord } from './open-record.ts';
import type { Region } from './region.ts';

/** The person's source records whose organisation shares the section; an organisation always sees its own. */
export function readableSources(
  { policy }: Region,
  caller: Caller,
  record: OpenRecord,
  section: SectionCode,
): SourceRef[] {
  return record.links
    .map(({ source }) => source)
    .filter(({ ods }) => ods === caller.organisation || sharesSection(policy, ods, section));
}
