import type { SensitiveLabel } from './sensitive-categories.ts';

/** One category of entries that are kept from others unless the region's policy shows them. */
export interface SensitiveCategory {
  /** The label that an entry of the category bears. */
  readonly label: SensitiveLabel;
  /** The UK reference set with all its codes, where there is one; licensed, so only heads of it are listed here. */
  readonly referenceSet?: string;
  readonly snomed: readonly string[];
  /** ICD-10 categories: every code that begins with one. */
  readonly icd10: readonly string[];
  readonly loinc?: readonly string[];
  /** Names of medicines' ingredients, in small letters: a medicine tells of the illness. */
  readonly ingredients: readonly string[];
  /** Words that say it in a text, in small letters, as whole words. */
  readonly terms: readonly string[];
}

/**
 * What the RCGP's sensitive data set and NHS guidance on HIV (October 2023) keep out of shared records by default. The codes are
 * the heads of the four reference sets "General practice summary data sharing exclusion for …" (SNOMED CT UK), ICD-10 by
 * chapter, and ingredients by the British National Formulary's chapters. A region with the licence adds the rest here.
 */
export const sensitiveCategories: readonly SensitiveCategory[] = [
  {
    label: 'HIV',
    snomed: ['86406008', '62479008', '165816005', '91947003'],
    icd10: ['B20', 'B21', 'B22', 'B23', 'B24', 'R75', 'Z21'],
    loinc: ['75622-1', '33747-0', '25835-0'],
    ingredients: [
      'abacavir',
      'atazanavir',
      'bictegravir',
      'cabotegravir',
      'cobicistat',
      'darunavir',
      'dolutegravir',
      'doravirine',
      'efavirenz',
      'emtricitabine',
      'enfuvirtide',
      'etravirine',
      'fosamprenavir',
      'fostemsavir',
      'lamivudine',
      'lenacapavir',
      'lopinavir',
      'maraviroc',
      'nevirapine',
      'raltegravir',
      'rilpivirine',
      'ritonavir',
      'saquinavir',
      'tenofovir',
      'zidovudine',
    ],
    terms: ['hiv', 'human immunodeficiency virus', 'antiretroviral', 'acquired immune deficiency syndrome'],
  },
  {
    label: 'STD',
    referenceSet: '999004381000000103',
    snomed: ['76272004', '15628003', '240589008'],
    icd10: ['A50', 'A51', 'A52', 'A53', 'A54', 'A55', 'A56', 'A57', 'A58', 'A59', 'A60', 'A63', 'A64'],
    loinc: ['21613-5', '20507-0'],
    ingredients: ['podophyllotoxin'],
    terms: [
      'chlamydia',
      'genital herpes',
      'genital warts',
      'genitourinary medicine',
      'gonorrhoea',
      'gonorrhea',
      'gum clinic',
      'sexual health',
      'sexually transmitted',
      'syphilis',
      'trichomoniasis',
    ],
  },
  {
    label: 'TERMINATION-OF-PREGNANCY',
    referenceSet: '999004361000000107',
    snomed: ['57797005', '386639001', '714812005', '386394001', '10383002'],
    icd10: ['O04', 'Z33.2'],
    ingredients: ['mifepristone'],
    terms: ['termination of pregnancy', 'induced abortion', 'therapeutic abortion', 'medical abortion'],
  },
  {
    label: 'ASSISTED-FERTILISATION',
    referenceSet: '999004371000000100',
    snomed: ['52637005'],
    icd10: ['N97', 'N46', 'Z31'],
    ingredients: [
      'cetrorelix',
      'choriogonadotropin',
      'clomifene',
      'clomiphene',
      'follitropin',
      'ganirelix',
      'lutropin',
      'menotrophin',
      'menotropin',
      'urofollitropin',
    ],
    terms: [
      'assisted conception',
      'assisted fertilisation',
      'donor insemination',
      'fertility clinic',
      'fertility treatment',
      'in vitro fertilisation',
      'in-vitro fertilisation',
      'intracytoplasmic sperm injection',
      'ivf',
    ],
  },
  {
    label: 'GENDER-REASSIGNMENT',
    referenceSet: '999004351000000109',
    snomed: ['93461009', '407376001', '407377005'],
    icd10: ['F64'],
    ingredients: [],
    terms: [
      'gender dysphoria',
      'gender identity',
      'gender reassignment',
      'gender recognition',
      'transgender',
      'transsexual',
    ],
  },
];
