import type { Parameters, ParametersParameter } from 'fhir/r4.js';
import { unknownDate } from '../../domain/record/clinical-date.ts';
import type { FeedFreshness } from '../../domain/record/feed-freshness.ts';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { sections } from '../../domain/record/sections.ts';
import { odsCodeSystem } from './identifier-systems.ts';

interface SenderLike {
  readonly ods: string;
  readonly name: string;
  readonly type?: string;
}

interface SectionOutlineLike {
  readonly section: SectionCode;
  readonly count: number;
  readonly latest?: string;
  readonly withheld: boolean;
  readonly sources: readonly (SenderLike & {
    readonly count: number;
    readonly state: string;
    readonly lastUpdated?: string;
  })[];
}

interface SectionListLike {
  readonly person: { readonly personId: string };
  readonly sections: readonly SectionOutlineLike[];
  readonly feeds: readonly (SenderLike & FeedFreshness)[];
}

/** The list of sections as FHIR Parameters: a `section` for each, with its sources as parts, and a `feed` for each organisation. */
export function writeSectionList({ feeds, person, sections: outlines }: SectionListLike): Parameters {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'patient', valueReference: { reference: `Patient/${person.personId}` } },
      ...outlines.map(writeSection),
      ...feeds.map(writeFeed),
    ],
  };
}

function writeSection({
  count,
  latest,
  section,
  sources,
  withheld,
}: SectionOutlineLike): ParametersParameter {
  const { loinc, prsbHeading, title } = sections[section];
  return {
    name: 'section',
    part: [
      { name: 'code', valueCode: section },
      { name: 'title', valueString: title },
      { name: 'prsbHeading', valueCode: prsbHeading },
      ...(loinc ? [{ name: 'loinc', valueCode: loinc }] : []),
      { name: 'count', valueUnsignedInt: count },
      ...(latest && latest !== unknownDate
        ? [{ name: 'latest', valueDateTime: /T.*[0-9]$/.test(latest) ? `${latest}Z` : latest }]
        : []),
      ...(withheld ? [{ name: 'confidential-items', valueBoolean: true }] : []),
      ...sources.map((source) => ({
        name: 'source',
        part: [
          ...writeSender(source),
          { name: 'state', valueCode: source.state },
          { name: 'count', valueUnsignedInt: source.count },
          ...(source.lastUpdated ? [{ name: 'lastUpdated', valueInstant: source.lastUpdated }] : []),
        ],
      })),
    ],
  };
}

function writeFeed(feed: SenderLike & FeedFreshness): ParametersParameter {
  return {
    name: 'feed',
    part: [
      ...writeSender(feed),
      ...(feed.lastMessage ? [{ name: 'lastMessage', valueInstant: feed.lastMessage }] : []),
      { name: 'expectedEveryHours', valueDecimal: feed.expectedEveryHours },
      { name: 'late', valueBoolean: feed.isLate },
    ],
  };
}

function writeSender({ name, ods, type }: SenderLike): ParametersParameter[] {
  return [
    { name: 'organisation', valueIdentifier: { system: odsCodeSystem, value: ods } },
    { name: 'name', valueString: name },
    ...(type ? [{ name: 'setting', valueCode: type }] : []),
  ];
}
