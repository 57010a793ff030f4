/** The JSON shapes that a top-level element can have. */
export type ElementShape = 'text' | 'texts' | 'boolean' | 'number' | 'object' | 'objects';

type ElementTable = Readonly<Partial<Record<ElementShape, string>>>;

/** Elements that every resource may carry (FHIR R4, Resource and DomainResource); `fhir_comments` is DSTU2's, still sent. */
const everyResource: ElementTable = {
  text: 'id implicitRules language resourceType',
  texts: 'fhir_comments',
  object: 'meta text',
  objects: 'contained extension modifierExtension',
};

/**
 * The top-level elements of each accepted type, by JSON shape (FHIR R4 4.0.1, the resource pages on hl7.org/fhir/R4).
 * Choice elements are written out, as JSON has them.
 */
const elementsByType = {
  AllergyIntolerance: {
    text: 'criticality lastOccurrence onsetDateTime onsetString recordedDate type',
    texts: 'category',
    object:
      'asserter clinicalStatus code encounter onsetAge onsetPeriod onsetRange patient recorder verificationStatus',
    objects: 'identifier note reaction',
  },
  Appointment: {
    text: 'comment created description end patientInstruction start status',
    number: 'minutesDuration priority',
    object: 'appointmentType cancelationReason',
    objects:
      'basedOn identifier participant reasonCode reasonReference requestedPeriod serviceCategory serviceType slot specialty supportingInformation',
  },
  CarePlan: {
    text: 'created description intent status title',
    texts: 'instantiatesCanonical instantiatesUri',
    object: 'author encounter period subject',
    objects:
      'activity addresses basedOn careTeam category contributor goal identifier note partOf replaces supportingInfo',
  },
  CareTeam: {
    text: 'name status',
    object: 'encounter period subject',
    objects: 'category identifier managingOrganization note participant reasonCode reasonReference telecom',
  },
  Communication: {
    text: 'priority received sent status',
    texts: 'instantiatesCanonical instantiatesUri',
    object: 'encounter sender statusReason subject topic',
    objects:
      'about basedOn category identifier inResponseTo medium note partOf payload reasonCode reasonReference recipient',
  },
  Composition: {
    text: 'confidentiality date status title',
    object: 'custodian encounter identifier subject type',
    objects: 'attester author category event relatesTo section',
  },
  Condition: {
    text: 'abatementDateTime abatementString onsetDateTime onsetString recordedDate',
    object:
      'abatementAge abatementPeriod abatementRange asserter clinicalStatus code encounter onsetAge onsetPeriod onsetRange recorder severity subject verificationStatus',
    objects: 'bodySite category evidence identifier note stage',
  },
  DiagnosticReport: {
    text: 'conclusion effectiveDateTime issued status',
    object: 'code effectivePeriod encounter subject',
    objects:
      'basedOn category conclusionCode identifier imagingStudy media performer presentedForm result resultsInterpreter specimen',
  },
  DocumentReference: {
    text: 'date description docStatus status',
    object: 'authenticator context custodian masterIdentifier subject type',
    objects: 'author category content identifier relatesTo securityLabel',
  },
  Encounter: {
    text: 'status',
    object: 'class hospitalization length partOf period priority serviceProvider serviceType subject',
    objects:
      'account appointment basedOn classHistory diagnosis episodeOfCare identifier location participant reasonCode reasonReference statusHistory type',
  },
  EpisodeOfCare: {
    text: 'status',
    object: 'careManager managingOrganization patient period',
    objects: 'account diagnosis identifier referralRequest statusHistory team type',
  },
  FamilyMemberHistory: {
    text: 'ageString bornDate bornString date deceasedDate deceasedString name status',
    texts: 'instantiatesCanonical instantiatesUri',
    boolean: 'deceasedBoolean estimatedAge',
    object: 'ageAge ageRange bornPeriod dataAbsentReason deceasedAge deceasedRange patient relationship sex',
    objects: 'condition identifier note reasonCode reasonReference',
  },
  Flag: {
    text: 'status',
    object: 'author code encounter period subject',
    objects: 'category identifier',
  },
  Goal: {
    text: 'lifecycleStatus startDate statusDate statusReason',
    object: 'achievementStatus description expressedBy priority startCodeableConcept subject',
    objects: 'addresses category identifier note outcomeCode outcomeReference target',
  },
  ImagingStudy: {
    text: 'description started status',
    number: 'numberOfInstances numberOfSeries',
    object: 'encounter location procedureReference referrer subject',
    objects:
      'basedOn endpoint identifier interpreter modality note procedureCode reasonCode reasonReference series',
  },
  Immunization: {
    text: 'expirationDate lotNumber occurrenceDateTime occurrenceString recorded status',
    boolean: 'isSubpotent primarySource',
    object:
      'doseQuantity encounter fundingSource location manufacturer patient reportOrigin route site statusReason vaccineCode',
    objects:
      'education identifier note performer programEligibility protocolApplied reaction reasonCode reasonReference subpotentReason',
  },
  List: {
    text: 'date mode status title',
    object: 'code emptyReason encounter orderedBy source subject',
    objects: 'entry identifier note',
  },
  MedicationAdministration: {
    text: 'effectiveDateTime status',
    texts: 'instantiates',
    object:
      'category context dosage effectivePeriod medicationCodeableConcept medicationReference request subject',
    objects:
      'device eventHistory identifier note partOf performer reasonCode reasonReference statusReason supportingInformation',
  },
  MedicationDispense: {
    text: 'status whenHandedOver whenPrepared',
    object:
      'category context daysSupply destination location medicationCodeableConcept medicationReference quantity statusReasonCodeableConcept statusReasonReference subject substitution type',
    objects:
      'authorizingPrescription detectedIssue dosageInstruction eventHistory identifier note partOf performer receiver supportingInformation',
  },
  MedicationRequest: {
    text: 'authoredOn intent priority status',
    texts: 'instantiatesCanonical instantiatesUri',
    boolean: 'doNotPerform reportedBoolean',
    object:
      'courseOfTherapyType dispenseRequest encounter groupIdentifier medicationCodeableConcept medicationReference performer performerType priorPrescription recorder reportedReference requester statusReason subject substitution',
    objects:
      'basedOn category detectedIssue dosageInstruction eventHistory identifier insurance note reasonCode reasonReference supportingInformation',
  },
  MedicationStatement: {
    text: 'dateAsserted effectiveDateTime status',
    object:
      'category context effectivePeriod informationSource medicationCodeableConcept medicationReference subject',
    objects: 'basedOn derivedFrom dosage identifier note partOf reasonCode reasonReference statusReason',
  },
  Observation: {
    text: 'effectiveDateTime effectiveInstant issued status valueDateTime valueString valueTime',
    boolean: 'valueBoolean',
    number: 'valueInteger',
    object:
      'bodySite code dataAbsentReason device effectivePeriod effectiveTiming encounter method specimen subject valueCodeableConcept valuePeriod valueQuantity valueRange valueRatio valueSampledData',
    objects:
      'basedOn category component derivedFrom focus hasMember identifier interpretation note partOf performer referenceRange',
  },
  Patient: {
    text: 'birthDate deceasedDateTime gender',
    boolean: 'active deceasedBoolean multipleBirthBoolean',
    number: 'multipleBirthInteger',
    object: 'managingOrganization maritalStatus',
    objects: 'address communication contact generalPractitioner identifier link name photo telecom',
  },
  Procedure: {
    text: 'performedDateTime performedString status',
    texts: 'instantiatesCanonical instantiatesUri',
    object:
      'asserter category code encounter location outcome performedAge performedPeriod performedRange recorder statusReason subject',
    objects:
      'basedOn bodySite complication complicationDetail focalDevice followUp identifier note partOf performer reasonCode reasonReference report usedCode usedReference',
  },
  RelatedPerson: {
    text: 'birthDate gender',
    boolean: 'active',
    object: 'patient period',
    objects: 'address communication identifier name photo relationship telecom',
  },
  RequestGroup: {
    text: 'authoredOn intent priority status',
    texts: 'instantiatesCanonical instantiatesUri',
    object: 'author code encounter groupIdentifier subject',
    objects: 'action basedOn identifier note reasonCode reasonReference replaces',
  },
  RiskAssessment: {
    text: 'mitigation occurrenceDateTime status',
    object: 'basedOn code condition encounter method occurrencePeriod parent performer subject',
    objects: 'basis identifier note prediction reasonCode reasonReference',
  },
  ServiceRequest: {
    text: 'authoredOn intent occurrenceDateTime patientInstruction priority status',
    texts: 'instantiatesCanonical instantiatesUri',
    boolean: 'asNeededBoolean doNotPerform',
    object:
      'asNeededCodeableConcept code encounter occurrencePeriod occurrenceTiming performerType quantityQuantity quantityRange quantityRatio requester requisition subject',
    objects:
      'basedOn bodySite category identifier insurance locationCode locationReference note orderDetail performer reasonCode reasonReference relevantHistory replaces specimen supportingInfo',
  },
  Specimen: {
    text: 'receivedTime status',
    object: 'accessionIdentifier collection subject type',
    objects: 'condition container identifier note parent processing request',
  },
} as const satisfies Readonly<Record<string, ElementTable>>;

const shapesByType = new Map<string, ReadonlyMap<string, ElementShape>>();
const everyName = new Set<string>();
for (const [type, table] of Object.entries<ElementTable>(elementsByType)) {
  const shapes = new Map<string, ElementShape>();
  for (const source of [everyResource, table])
    for (const [shape, names] of Object.entries(source))
      for (const name of names.split(' ')) {
        shapes.set(name, shape as ElementShape);
        everyName.add(name);
      }
  shapesByType.set(type, shapes);
}

/** The shapes of a type's elements by name; undefined for a type that is not accepted. */
export function elementShapes(resourceType: string): ReadonlyMap<string, ElementShape> | undefined {
  return shapesByType.get(resourceType);
}

/** True when some accepted type has an element of this name: such a name is safe to repeat to the sender. */
export function isElementName(name: string): boolean {
  return everyName.has(name);
}
