import type { Parameters, ParametersParameter } from 'fhir/r4.js';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { sections } from '../../domain/record/sections.ts';
import { odsCodeSystem } from './identifier-systems.ts';

interface SectionOutlineLike {
  readonly section: SectionCode;
  readonly count: number;
  readonly latest?: string;
  readonly sources: readonly {
    readonly organisation: string;
    readonly name: string;
    readonly count: number;
    readonly state: string;
    readonly lastUpdated?: string;
  }[];
}

/** The list of sections as FHIR Parameters: one `section` parameter each, with its sources as parts. */
export function writeSectionList(personId: string, outlines: readonly SectionOutlineLike[]): Parameters {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'patient', valueReference: { reference: `Patient/${personId}` } },
      ...outlines.map((outline): ParametersParameter => {
        const { title, prsbHeading, loinc } = sections[outline.section];
        return {
          name: 'section',
          part: [
            { name: 'code', valueCode: outline.section },
            { name: 'title', valueString: title },
            { name: 'prsbHeading', valueCode: prsbHeading },
            ...(loinc ? [{ name: 'loinc', valueCode: loinc }] : []),
            { name: 'count', valueUnsignedInt: outline.count },
            ...(outline.latest ? [{ name: 'latest', valueDateTime: outline.latest }] : []),
            ...outline.sources.map((source) => ({
              name: 'source',
              part: [
                {
                  name: 'organisation',
                  valueIdentifier: {
                    system: odsCodeSystem,
                    value: source.organisation,
                  },
                },
                { name: 'name', valueString: source.name },
                { name: 'state', valueCode: source.state },
                { name: 'count', valueUnsignedInt: source.count },
                ...(source.lastUpdated ? [{ name: 'lastUpdated', valueInstant: source.lastUpdated }] : []),
              ],
            })),
          ],
        };
      }),
    ],
  };
}
