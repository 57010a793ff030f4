import { codesOf } from './codings.ts';
import type { FiledResource } from './section-of.ts';

/** What a statement that there is none covers: everything of its section, or one kind of allergy. */
export type NoneKnownScope = 'all' | 'medication' | 'food' | 'environment';

/**
 * Codes by which a source says that it asked and there is none: SNOMED CT, and the International Patient Summary's
 * `absent-unknown`. SNOMED CT 1631000175102 "Patient not asked" and the summary's `no-…-info` say nothing of the kind.
 */
const noneKnownCodes: ReadonlyMap<string, NoneKnownScope> = new Map([
  ['716186003', 'all'],
  ['409137002', 'medication'],
  ['429625007', 'food'],
  ['428607008', 'environment'],
  // No current problems or disability.
  ['160245001', 'all'],
  ['no-known-allergies', 'all'],
  ['no-known-medication-allergies', 'medication'],
  ['no-known-food-allergies', 'food'],
  ['no-known-environmental-allergies', 'environment'],
  ['no-known-problems', 'all'],
  ['no-known-medications', 'all'],
  ['no-known-immunizations', 'all'],
  ['no-known-procedures', 'all'],
]);

/**
 * What the resource says that there is none of; undefined when it says no such thing. "None known" is a source's word – a
 * coded statement, or an empty List with reason `nilknown` – and never read from an empty section.
 */
export function noneKnown(resource: FiledResource): NoneKnownScope | undefined {
  if (resource.resourceType === 'List')
    return codesOf(resource.emptyReason).includes('nilknown') ? 'all' : undefined;
  const { code, medicationCodeableConcept, vaccineCode } = resource;
  return codesOf(code, medicationCodeableConcept, vaccineCode)
    .map((one) => noneKnownCodes.get(one))
    .find((scope) => scope !== undefined);
}
