import type { Attachment, CodeableConcept, DiagnosticReport, FhirResource, Observation } from 'fhir/r4.js';
import { odsCodeSystem } from '../fhir/identifier-systems.ts';
import { interpretationCodes, observationStatuses, reportStatuses, tableSystem, toConcept } from './codes.ts';
import { readEncapsulated, readPointer } from './encapsulated-data.ts';
import type { Repetition, Segment } from './message.ts';
import { readReferenceRange, readValue, textTypes } from './observation-value.ts';
import { nameInWords } from './person.ts';
import { idOf, linesOf, metaOf, type Reading, readDateTime, readInstant, report } from './reading.ts';

type Entry = FhirResource & { readonly id: string };

/** HL7 table 0074: what of the diagnostic services takes pictures. */
const imagingServices = new Set(['RAD', 'RX', 'CT', 'RUS', 'OUS', 'CUS', 'VUS', 'NMR', 'NMS', 'XRC', 'IMG']);

/** An OBR with what follows it. */
interface OrderGroup {
  readonly obr: Segment;
  readonly notes: Segment[];
  readonly lines: { readonly obx: Segment; readonly more: Segment[]; readonly notes: Segment[] }[];
}

/** Groups the segments of an ORU by OBR and OBX; an OBX before any OBR is reported. */
function groupOrders(reading: Reading, segments: readonly Segment[]): OrderGroup[] {
  const groups: OrderGroup[] = [];
  for (const segment of segments) {
    const group = groups.at(-1);
    if (segment.name === 'OBR') groups.push({ obr: segment, notes: [], lines: [] });
    else if (segment.name === 'OBX' && !group) report(reading, segment, 0, '100', 'stands before any OBR');
    else if (segment.name === 'OBX') addLine(group, segment);
    else if (segment.name === 'NTE') (group?.lines.at(-1)?.notes ?? group?.notes)?.push(segment);
  }
  return groups;
}

/** Lines of text under one code are one value that a sender cut into lines. */
function addLine(group: OrderGroup | undefined, obx: Segment): void {
  const before = group?.lines.at(-1);
  const isSame =
    before &&
    [before.obx, obx].every((one) => textTypes.has(one.field(2).value?.toUpperCase() ?? '')) &&
    nameOf(before.obx) === nameOf(obx) &&
    before.notes.length === 0;
  if (isSame) before.more.push(obx);
  else group?.lines.push({ obx, more: [], notes: [] });
}

/** OBX-3 and OBX-4: what is measured, and which of several. */
function nameOf(obx: Segment): string {
  const [code] = obx.field(3).repetitions;
  return JSON.stringify([code?.(1) ?? code?.(2), obx.field(4).value]);
}

/**
 * The DiagnosticReport of each OBR and the Observation of each OBX. A report is known by its filler's (or else placer's)
 * order number and its code, a result by both and OBX-3 and OBX-4: what is sent again under them is a correction.
 */
export function readResults(reading: Reading, segments: readonly Segment[], localId: string): Entry[] {
  const groups = groupOrders(reading, segments);
  if (groups.length === 0) report(reading, { name: 'OBR', sequence: 1 }, 0, '101', 'is missing');
  return groups.flatMap((group) => readOrder(reading, group, localId));
}

function readOrder(reading: Reading, { lines, notes, obr }: OrderGroup, localId: string): Entry[] {
  const [code] = obr.field(4).repetitions;
  const order = obr.field(3).value ?? obr.field(2).value;
  const concept = toConcept(code);
  if (order === undefined) report(reading, obr, 3, '101', 'names no order');
  if (!concept) report(reading, obr, 4, '101', 'names no test');
  if (order === undefined || !concept) return [];
  const orderName = [order, code?.(1) ?? code?.(2)] as const;
  const service = obr.field(24).value?.toUpperCase();
  const effective = readEffective(reading, obr);
  const common = { localId, orderName, effective, isImaging: imagingServices.has(service ?? '') };

  const attachments: Attachment[] = [];
  const observations: (Observation & { id: string })[] = [];
  const seen = new Map<string, number>();
  for (const line of lines) {
    const type = line.obx.field(2).value?.toUpperCase();
    if (type === 'ED' || type === 'RP') {
      const read = type === 'ED' ? readEncapsulated : readPointer;
      const attachment = read(reading, line.obx);
      if (attachment) attachments.push(attachment);
      continue;
    }
    const name = nameOf(line.obx);
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    const observation = readObservation(reading, line, common, nth);
    if (observation) observations.push(observation);
  }
  const conclusion = notes.map((note) => linesOf(note.field(3))).join('\n');
  const issued = readInstant(reading, obr, 22);
  const performer = toPerformer(obr.field(32).repetitions[0]);
  const report_: DiagnosticReport & { id: string } = {
    resourceType: 'DiagnosticReport',
    id: idOf('report', ...orderName),
    ...metaOf(reading),
    identifier: [
      { value: order, assigner: { identifier: { system: odsCodeSystem, value: reading.organisation } } },
    ],
    status: readReportStatus(reading, obr, observations),
    ...(service && { category: [{ coding: [{ system: tableSystem('0074'), code: service }] }] }),
    code: concept,
    subject: { reference: `Patient/${localId}` },
    ...effective,
    ...(issued && { issued }),
    performer: [{ type: 'Organization', identifier: { system: odsCodeSystem, value: reading.organisation } }],
    ...(performer && { resultsInterpreter: [performer] }),
    ...(observations.length > 0 && {
      result: observations.map(({ id }) => ({ reference: `Observation/${id}` })),
    }),
    ...(conclusion !== '' && { conclusion }),
    ...(attachments.length > 0 && { presentedForm: attachments }),
  };
  return [report_, ...observations];
}

/** A correction may send what has changed alone: the report keeps its other results, its words and its files. */
export function completeReport(said: DiagnosticReport, held: DiagnosticReport): DiagnosticReport {
  const { conclusion, effectiveDateTime, effectivePeriod, issued, presentedForm, resultsInterpreter } = held;
  const isDated = said.effectiveDateTime !== undefined || said.effectivePeriod !== undefined;
  const results = new Map(
    [...(held.result ?? []), ...(said.result ?? [])].map((one) => [one.reference, one]),
  );
  return {
    ...(conclusion && { conclusion }),
    ...(presentedForm && { presentedForm }),
    ...(resultsInterpreter && { resultsInterpreter }),
    ...(issued && { issued }),
    ...(!isDated && effectiveDateTime && { effectiveDateTime }),
    ...(!isDated && effectivePeriod && { effectivePeriod }),
    ...said,
    ...(results.size > 0 && { result: [...results.values()] }),
  };
}

type Effective = Pick<Observation, 'effectiveDateTime' | 'effectivePeriod'>;

/** OBR-7, and OBR-8 where a collection took its time. */
function readEffective(reading: Reading, obr: Segment): Effective {
  const [start, end] = [readDateTime(reading, obr, 7), readDateTime(reading, obr, 8)];
  if (start && end && end > start) return { effectivePeriod: { start, end } };
  return start ? { effectiveDateTime: start } : {};
}

/** OBR-25; where it is blank, what the results say together. */
function readReportStatus(
  reading: Reading,
  obr: Segment,
  observations: readonly Observation[],
): DiagnosticReport['status'] {
  const said = obr.field(25).value?.toUpperCase();
  if (said === undefined) {
    const statuses = new Set(observations.map(({ status }) => status));
    if (statuses.size === 0) return 'unknown';
    if (statuses.has('corrected')) return 'corrected';
    return [...statuses].every((status) => status === 'final') ? 'final' : 'partial';
  }
  if (Object.hasOwn(reportStatuses, said)) return reportStatuses[said as keyof typeof reportStatuses];
  report(reading, obr, 25, '103', 'is no status of table 0123');
  return 'unknown';
}

function readObservation(
  reading: Reading,
  { more, notes, obx }: OrderGroup['lines'][number],
  {
    effective,
    isImaging,
    localId,
    orderName,
  }: {
    readonly effective: Effective;
    readonly isImaging: boolean;
    readonly localId: string;
    readonly orderName: readonly [string, string | undefined];
  },
  nth: number,
): (Observation & { id: string }) | undefined {
  const code = toConcept(obx.field(3).repetitions[0]);
  if (!code) return report(reading, obx, 3, '101', 'names nothing that was observed');
  const value = readValue(reading, obx);
  const further = more.map((one) => readValue(reading, one).valueString ?? '');
  const own = readDateTime(reading, obx, 14);
  const interpretation = obx.field(8).repetitions.flatMap(toInterpretation);
  const referenceRange = readReferenceRange(obx);
  const texts = notes.map((note) => linesOf(note.field(3))).filter((text) => text.trim() !== '');
  const category = isImaging ? 'imaging' : 'laboratory';
  return {
    resourceType: 'Observation',
    id: idOf('result', ...orderName, nameOf(obx), ...(nth > 1 ? [String(nth)] : [])),
    ...metaOf(reading),
    status: readStatus(reading, obx),
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: category }] },
    ],
    code,
    subject: { reference: `Patient/${localId}` },
    ...(own ? { effectiveDateTime: own } : effective),
    performer: [{ type: 'Organization', identifier: { system: odsCodeSystem, value: reading.organisation } }],
    ...value,
    ...(further.length > 0 && { valueString: [value.valueString ?? '', ...further].join('\n') }),
    ...(interpretation.length > 0 && { interpretation }),
    ...(referenceRange.length > 0 && { referenceRange }),
    ...(texts.length > 0 && { note: [{ text: texts.join('\n') }] }),
  };
}

/** OBX-11; a result without status is of unknown worth, never final. */
function readStatus(reading: Reading, obx: Segment): Observation['status'] {
  const said = obx.field(11).value?.toUpperCase();
  if (said === undefined) return 'unknown';
  return (
    observationStatuses[said] ?? report(reading, obx, 11, '103', 'is no status of table 0085') ?? 'unknown'
  );
}

function toInterpretation(flag: Repetition): CodeableConcept[] {
  const code = flag(1)?.toUpperCase();
  if (code === undefined) return [];
  if (!interpretationCodes.has(code)) return [{ text: code }];
  return [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code }] },
  ];
}

/** OBR-32 is an NDL: the person is its first component's parts. */
function toPerformer(person: Repetition | undefined) {
  const [id, family, given] = [person?.(1, 1), person?.(1, 2), person?.(1, 3)];
  const display =
    [given, family].filter((part) => part !== undefined).join(' ') || (person ? nameInWords(person) : '');
  if (id === undefined && display === '') return undefined;
  return { type: 'Practitioner', ...(id && { identifier: { value: id } }), ...(display && { display }) };
}
