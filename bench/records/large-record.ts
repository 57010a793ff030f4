import { randomUUID } from 'node:crypto';
import { sharesSection } from '../../functions/domain/access/agreement.ts';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { sectionCodes } from '../../functions/domain/record/section-codes.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { submitBundle } from '../../functions/usecases/submit-bundle.ts';
import { callerOf, feedOf } from '../../local/demo/callers.ts';
import { testNhsNumbers } from '../../local/demo/nhs-numbers.ts';

const coding = (system: string, code: string, display: string) => ({ coding: [{ system, code, display }] });
const snomed = (code: string, display: string) => coding('http://snomed.info/sct', code, display);
const loinc = (code: string, display: string) => coding('http://loinc.org', code, display);

/** Kinds of entries in about the shares of a long record: most of it is results. */
const kinds = [
  ['Observation', loinc('2951-2', 'Sodium [Moles/volume] in Serum or Plasma')],
  ['Observation', loinc('718-7', 'Hemoglobin [Mass/volume] in Blood')],
  ['Observation', loinc('33914-3', 'Glomerular filtration rate')],
  ['MedicationRequest', snomed('35936411000001109', 'Salbutamol 100micrograms/dose inhaler')],
  ['Condition', snomed('195967001', 'Asthma')],
  ['Encounter', undefined],
  ['DocumentReference', snomed('823681000000100', 'Outpatient letter')],
  ['Immunization', snomed('822851000000102', 'Seasonal influenza vaccination')],
  ['Procedure', snomed('80146002', 'Appendectomy')],
  ['AllergyIntolerance', snomed('91936005', 'Allergy to penicillin')],
] as const;

/** The n-th entry of a source's patient, a day older than the one before. */
function makeEntry(n: number, source: string, type?: RecordSize['type']) {
  const [resourceType, concept] =
    kinds.find(([kind], index) => (type ? kind === type : index === n % kinds.length)) ?? kinds[0];
  const date = new Date(Date.UTC(2026, 10, 1) - n * 86_400_000).toISOString().slice(0, 10);
  const subject = { reference: `Patient/${source}` };
  const named = { resourceType, id: `${source}-${n}` };
  switch (resourceType) {
    case 'Observation':
      return {
        ...named,
        subject,
        status: 'final',
        code: concept,
        category: [
          coding('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory', 'Laboratory'),
        ],
        effectiveDateTime: `${date}T08:30:00Z`,
        valueQuantity: { value: 100 + (n % 50), unit: 'mmol/L' },
        referenceRange: [{ low: { value: 90 }, high: { value: 160 } }],
      };
    case 'MedicationRequest':
      return {
        ...named,
        subject,
        status: n % 3 === 0 ? 'active' : 'completed',
        intent: 'order',
        medicationCodeableConcept: concept,
        authoredOn: date,
        dosageInstruction: [{ text: 'Two puffs when needed, at most eight a day' }],
      };
    case 'Encounter':
      return {
        ...named,
        subject,
        status: 'finished',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        period: { start: date, end: date },
      };
    case 'DocumentReference':
      return {
        ...named,
        subject,
        status: 'current',
        type: concept,
        date: `${date}T12:00:00Z`,
        content: [
          { attachment: { contentType: 'text/plain', data: Buffer.from('Seen today.').toString('base64') } },
        ],
      };
    case 'Immunization':
      return {
        ...named,
        patient: subject,
        status: 'completed',
        vaccineCode: concept,
        occurrenceDateTime: date,
      };
    case 'AllergyIntolerance':
      return { ...named, patient: subject, code: concept, recordedDate: date };
    case 'Procedure':
      return { ...named, subject, status: 'completed', code: concept, performedDateTime: date };
    case 'Condition':
      return { ...named, subject, code: concept, onsetDateTime: date };
  }
}

/** Entries of one message. */
const entriesAMessage = 25;

/** How large a record is. */
export interface RecordSize {
  readonly entries: number;
  /** Source records over which the entries are spread evenly. */
  readonly sources: number;
  /** Entries of this type alone; of every kind when absent. */
  readonly type?: (typeof kinds)[number][0];
}

/** The messages that make a record of one made-up person, each with its sender, and who may read all of it. */
export function recordMessages(
  policy: RegionPolicy,
  { entries, sources, type }: RecordSize,
): {
  readonly reader: Caller;
  readonly messages: readonly { readonly sender: Caller; readonly bundle: object }[];
} {
  const reader = callerOf(policy, 'clinician', 'bench');
  if (!reader.ok) throw new Error(reader.reason);
  const first = reader.caller.organisation;
  // Those that show the reader everything, so that the whole record is read.
  const others = policy.organisations
    .map(({ ods }) => ods)
    .filter((ods) => sectionCodes.every((section) => sharesSection(policy, ods, section, reader.caller)))
    .filter((ods) => ods !== first);
  const messages = Array.from({ length: sources }, (_, source) => {
    const organisation = source === 0 ? first : (others[(source - 1) % others.length] ?? first);
    const local = `bench-${source}`;
    const ranks = Array.from({ length: entries }, (_, n) => n).filter((n) => n % sources === source);
    const own = ranks.map((n) => makeEntry(n, local, type));
    const parts = [own.slice(0, entriesAMessage)];
    for (let at = entriesAMessage; at < own.length; at += entriesAMessage)
      parts.push(own.slice(at, at + entriesAMessage));
    return parts.map((part) => ({
      sender: feedOf(organisation, 'bench'),
      bundle: bundleOf([makePatient(local), ...part]),
    }));
  });
  return { reader: reader.caller, messages: messages.flat() };
}

/** Stores the {@link recordMessages} of the size in the region, and says whose record it is and who may read it. */
export async function fillRecord(
  region: Region,
  size: RecordSize,
): Promise<{ readonly personId: string; readonly reader: Caller }> {
  const { messages, reader } = recordMessages(region.policy, size);
  let personId = '';
  for (const { bundle, sender } of messages) {
    const submitted = await submitBundle(region, sender, {
      bundle,
      body: randomUUID(),
      requestId: randomUUID(),
      newPersonId: () => randomUUID(),
    });
    if (!submitted.ok)
      throw new Error(`the feed was refused: ${submitted.code} ${submitted.issues?.join(', ')}`);
    personId = submitted.value.entries[0]?.personId ?? '';
  }
  return { personId, reader };
}

function bundleOf(resources: readonly { readonly resourceType: string; readonly id: string }[]) {
  const entry = resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  }));
  return { resourceType: 'Bundle', type: 'transaction', entry };
}

function makePatient(id: string) {
  const identifier = [
    {
      system: 'https://fhir.nhs.uk/Id/nhs-number',
      value: testNhsNumbers(4242).next().value,
      extension: [
        {
          url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus',
          valueCodeableConcept: {
            coding: [
              {
                system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland',
                code: '01',
              },
            ],
          },
        },
      ],
    },
  ];
  const name = [{ family: 'Towline', given: ['Araminta'] }];
  return { resourceType: 'Patient', id, identifier, name, gender: 'female', birthDate: '1948-02-11' };
}
