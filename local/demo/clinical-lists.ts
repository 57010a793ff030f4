/** A concept as it is written into a made-up entry. */
export interface Concept {
  readonly code: string;
  readonly display: string;
}

type Concepts = readonly [Concept, ...Concept[]];

/** SNOMED CT, long-term conditions with the age from which they are given. */
export const conditions: readonly [
  Concept & { readonly fromAge: number },
  ...(Concept & { readonly fromAge: number })[],
] = [
  { code: '195967001', display: 'Asthma', fromAge: 4 },
  { code: '84757009', display: 'Epilepsy', fromAge: 6 },
  { code: '35489007', display: 'Depressive disorder', fromAge: 16 },
  { code: '197480006', display: 'Anxiety disorder', fromAge: 16 },
  { code: '40930008', display: 'Hypothyroidism', fromAge: 25 },
  { code: '44054006', display: 'Type 2 diabetes mellitus', fromAge: 35 },
  { code: '38341003', display: 'Hypertensive disorder', fromAge: 40 },
  { code: '69896004', display: 'Rheumatoid arthritis', fromAge: 40 },
  { code: '396275006', display: 'Osteoarthritis', fromAge: 50 },
  { code: '13645005', display: 'Chronic obstructive pulmonary disease', fromAge: 50 },
  { code: '49436004', display: 'Atrial fibrillation', fromAge: 60 },
  { code: '84114007', display: 'Heart failure', fromAge: 60 },
  { code: '709044004', display: 'Chronic kidney disease', fromAge: 60 },
  { code: '64859006', display: 'Osteoporosis', fromAge: 60 },
  { code: '52448006', display: 'Dementia', fromAge: 70 },
];

/** SNOMED CT, substances and the text of what is prescribed. */
export const medicines: readonly [
  Concept & { readonly text: string; readonly dose: string },
  ...(Concept & { readonly text: string; readonly dose: string })[],
] = [
  {
    code: '387517004',
    display: 'Paracetamol',
    text: 'Paracetamol 500 mg tablets',
    dose: 'Two up to four times a day when needed',
  },
  {
    code: '372567009',
    display: 'Metformin',
    text: 'Metformin 500 mg tablets',
    dose: 'One twice a day with food',
  },
  { code: '386864001', display: 'Amlodipine', text: 'Amlodipine 5 mg tablets', dose: 'One a day' },
  { code: '373444002', display: 'Atorvastatin', text: 'Atorvastatin 20 mg tablets', dose: 'One at night' },
  {
    code: '372897005',
    display: 'Salbutamol',
    text: 'Salbutamol 100 micrograms inhaler',
    dose: 'Two puffs when needed',
  },
  {
    code: '372756006',
    display: 'Warfarin',
    text: 'Warfarin 3 mg tablets',
    dose: 'As directed by the clinic',
  },
  { code: '387458008', display: 'Aspirin', text: 'Aspirin 75 mg tablets', dose: 'One a day' },
  {
    code: '387137007',
    display: 'Omeprazole',
    text: 'Omeprazole 20 mg capsules',
    dose: 'One a day before breakfast',
  },
  { code: '386872004', display: 'Ramipril', text: 'Ramipril 5 mg capsules', dose: 'One a day' },
  { code: '386868003', display: 'Bisoprolol', text: 'Bisoprolol 2.5 mg tablets', dose: 'One in the morning' },
  { code: '387475002', display: 'Furosemide', text: 'Furosemide 40 mg tablets', dose: 'One in the morning' },
];

/** SNOMED CT, allergies as a GP system codes them, with the reaction. */
export const allergies: readonly [
  Concept & { readonly reaction: Concept },
  ...(Concept & { readonly reaction: Concept })[],
] = [
  {
    code: '91936005',
    display: 'Allergy to penicillin',
    reaction: { code: '126485001', display: 'Urticaria' },
  },
  { code: '91935009', display: 'Allergy to peanut', reaction: { code: '39579001', display: 'Anaphylaxis' } },
  {
    code: '294505008',
    display: 'Allergy to amoxicillin',
    reaction: { code: '271807003', display: 'Eruption of skin' },
  },
  { code: '293586001', display: 'Allergy to aspirin', reaction: { code: '422587007', display: 'Nausea' } },
];

/** SNOMED CT: nothing found when asked, which is not the same as nobody having asked. */
export const noKnownAllergy: Concept = { code: '716186003', display: 'No known allergy' };

/** LOINC, laboratory results with unit (UCUM) and a usual range. */
export const laboratoryTests: readonly [
  Concept & { readonly unit: string; readonly low: number; readonly high: number; readonly decimals: number },
  ...(Concept & {
    readonly unit: string;
    readonly low: number;
    readonly high: number;
    readonly decimals: number;
  })[],
] = [
  {
    code: '718-7',
    display: 'Hemoglobin [Mass/volume] in Blood',
    unit: 'g/L',
    low: 105,
    high: 165,
    decimals: 0,
  },
  {
    code: '2823-3',
    display: 'Potassium [Moles/volume] in Serum or Plasma',
    unit: 'mmol/L',
    low: 3.4,
    high: 5.3,
    decimals: 1,
  },
  {
    code: '2951-2',
    display: 'Sodium [Moles/volume] in Serum or Plasma',
    unit: 'mmol/L',
    low: 132,
    high: 146,
    decimals: 0,
  },
  {
    code: '14682-9',
    display: 'Creatinine [Moles/volume] in Serum or Plasma',
    unit: 'umol/L',
    low: 50,
    high: 130,
    decimals: 0,
  },
  {
    code: '1988-5',
    display: 'C reactive protein [Mass/volume] in Serum or Plasma',
    unit: 'mg/L',
    low: 1,
    high: 40,
    decimals: 0,
  },
];

/** SNOMED CT, procedures. */
export const procedures: Concepts = [
  { code: '80146002', display: 'Appendicectomy' },
  { code: '38102005', display: 'Cholecystectomy' },
  { code: '73761001', display: 'Colonoscopy' },
  { code: '52734007', display: 'Total replacement of hip' },
  { code: '232717009', display: 'Coronary artery bypass grafting' },
];

/** SNOMED CT, vaccination procedures as the UK Core extension carries them, and what was given in words. */
export const vaccinations: readonly [
  Concept & { readonly vaccine: string },
  ...(Concept & { readonly vaccine: string })[],
] = [
  { code: '86198006', display: 'Influenza vaccination', vaccine: 'Influenza vaccine' },
  { code: '12866006', display: 'Pneumococcal vaccination', vaccine: 'Pneumococcal vaccine' },
  { code: '38598009', display: 'Measles, mumps and rubella vaccination', vaccine: 'MMR vaccine' },
];

/** SNOMED CT, smoking. */
export const smokingStates: Concepts = [
  { code: '266919005', display: 'Never smoked tobacco' },
  { code: '8517006', display: 'Ex-smoker' },
  { code: '77176002', display: 'Smoker' },
];

/** LOINC, imaging reports with the DICOM modality. */
export const imagingStudies: readonly [
  Concept & { readonly modality: string; readonly finding: string },
  ...(Concept & { readonly modality: string; readonly finding: string })[],
] = [
  {
    code: '36643-5',
    display: 'XR Chest 2 Views',
    modality: 'DX',
    finding: 'Lungs clear. Heart size normal.',
  },
  { code: '24627-2', display: 'CT Chest', modality: 'CT', finding: 'No focal lesion. No pleural effusion.' },
];
