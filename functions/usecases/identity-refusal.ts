import type { ErrorCode } from '../domain/error-catalogue.ts';
import type { MergeRefusal } from '../store/merge-persons.ts';
import type { RecordMoveRefusal } from '../store/move-record.ts';
import { type Refusal, refuse } from './region.ts';

/** What each reason means to the caller: a code, and what would allow the change where anything would. */
const meanings: Readonly<Record<MergeRefusal | RecordMoveRefusal, readonly [ErrorCode, string?]>> = {
  'unknown-person': ['PATIENT_NOT_FOUND'],
  'already-one': ['IDENTITY_CONFLICT', 'the two are one already'],
  'not-duplicate': [
    'IDENTITY_CONFLICT',
    'a person decided that the two are not one; override-not-duplicate allows it all the same',
  ],
  'human-decision': [
    'IDENTITY_CONFLICT',
    'a person decided where a record belongs; only a person may change that',
  ],
  restricted: ['IDENTITY_CONFLICT', 'a restricted person is never merged by the machine'],
  'others-records': [
    'IDENTITY_CONFLICT',
    'records of another organisation would go along; only a steward may decide that',
  ],
  'nhs-numbers-differ': [
    'IDENTITY_CONFLICT',
    'each has a verified NHS number; surviving-nhs-number, one of the two, says which stays in use',
  ],
  'not-merged': ['IDENTITY_CONFLICT', 'this person is not merged into another'],
  'merged-further': [
    'IDENTITY_CONFLICT',
    'the survivor was merged into somebody else since; undo that merge first',
  ],
  'no-record-left': ['IDENTITY_CONFLICT', 'each of the two needs a record, and later moves left one without'],
  'not-linked': ['IDENTITY_CONFLICT', 'the record is not of this person'],
  'last-record': ['IDENTITY_CONFLICT', 'it is the only record of this person; merge the person instead'],
  'stale-version': ['STALE_VERSION'],
  'too-large': ['TOO_LARGE'],
  changed: ['CONFLICT'],
};

/** The refusal of a change of identity, for the reason that the store gave. */
export function refuseChange(reason: MergeRefusal | RecordMoveRefusal): Refusal {
  const [code, issue] = meanings[reason];
  return refuse(code, issue === undefined ? {} : { issues: [issue] });
}
