import type { Caller, purposes } from '../access/caller.ts';

/** What a person did with a record, as its patient would say it: "… looked at …", or when it was refused "tried to …". */
interface Words {
  readonly did: string;
  readonly triedTo: string;
}

const addedTo = { did: 'added to your record', triedTo: 'add to your record' };

const words: Readonly<Record<string, Words>> = {
  'match-patient': { did: 'looked for a person and found you', triedTo: 'look you up' },
  'search-patients': { did: 'searched for people and found you', triedTo: 'look you up' },
  'read-patient': { did: 'looked at your details', triedTo: 'look at your details' },
  'list-sections': {
    did: 'looked at what your record holds',
    triedTo: 'look at what your record holds',
  },
  'read-section': { did: 'looked at a part of your record', triedTo: 'look at a part of your record' },
  'read-summary': {
    did: 'looked at a summary of your record',
    triedTo: 'look at a summary of your record',
  },
  'read-everything': { did: 'looked at your whole record', triedTo: 'look at your whole record' },
  'search-resources': {
    did: 'looked at one kind of entry in your record',
    triedTo: 'look at one kind of entry in your record',
  },
  'read-resource': { did: 'looked at one entry of your record', triedTo: 'look at one entry of your record' },
  'read-binary': {
    did: 'looked at a document of your record',
    triedTo: 'look at a document of your record',
  },
  'break-glass': {
    did: 'said that they must see your record in an emergency or by law',
    triedTo: 'claim the right to see your record',
  },
  'submit-bundle': addedTo,
  'submit-hl7v2': addedTo,
  'process-message': addedTo,
  'create-resource': addedTo,
  'update-resource': addedTo,
  'read-intake': {
    did: 'asked what became of an addition to your record',
    triedTo: 'ask what became of an addition to your record',
  },
  'merge-patients': {
    did: 'joined two records of yours into one',
    triedTo: 'join two records of yours into one',
  },
  'unmerge-patient': { did: 'parted records that had been joined', triedTo: 'part records of yours' },
  'list-link-history': {
    did: 'looked at how your record was put together',
    triedTo: 'look at how your record was put together',
  },
  'list-review-tasks': {
    did: 'looked at whether two records are both yours',
    triedTo: 'look at whether two records are both yours',
  },
  'decide-review-task': {
    did: 'decided whether two records are both yours',
    triedTo: 'decide whether two records are both yours',
  },
  'record-objection': {
    did: 'recorded your wishes about sharing your record',
    triedTo: 'record your wishes about sharing your record',
  },
  'list-objections': {
    did: 'looked at your wishes about sharing your record',
    triedTo: 'look at your wishes about sharing your record',
  },
  'get-audit-receipt': {
    did: 'proved that an entry about your record is in the log',
    triedTo: 'prove that an entry about your record is in the log',
  },
  'simulate-access': {
    did: 'checked who may see your record',
    triedTo: 'check who may see your record',
  },
  'search-audit-events': {
    did: 'checked who has looked at your record',
    triedTo: 'check who has looked at your record',
  },
};

/** The words for an operation; plain ones for an operation that has none of its own. */
export function operationWords(operation: string): Words {
  return words[operation] ?? { did: 'used your record', triedTo: 'use your record' };
}

/** Operations that have words of their own. */
export const wordedOperations: ReadonlySet<string> = new Set(Object.keys(words));

const roleWords: Readonly<Record<string, string>> = {
  clinician: 'a clinician',
  gp: 'a GP',
  paramedic: 'a paramedic',
  'care-home': 'of the care home staff',
  clerk: 'a clerk',
  steward: 'of the staff who keep records correct',
  'privacy-officer': 'a privacy officer',
  application: 'a computer system',
  feed: 'a computer system',
};

/** A role in words, as what somebody is. */
export function roleInWords(role: Caller['role']): string {
  return roleWords[role] ?? role;
}

const purposeWords: Readonly<Record<(typeof purposes)[number], string>> = {
  directcare: 'for your care',
  administration: 'to run the service',
  audit: 'to check how records are used',
  feed: 'to keep your record up to date',
};

/** Why, in words. */
export function purposeInWords(purpose: Caller['purpose']): string {
  return purposeWords[purpose];
}
