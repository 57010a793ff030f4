import { parseNhsNumber } from '../identity/nhs-number.ts';

/**
 * True for a sender's id of an entry that names the entry alone: it holds neither the patient's local identifier nor an NHS
 * number, which senders do put into the ids that they make up.
 */
export function namesNoPatient(id: string, localId: string): boolean {
  if (id.includes(localId)) return false;
  const digits = id.replace(/[-.]/g, '');
  for (let at = 0; at + 10 <= digits.length; at += 1)
    if (parseNhsNumber(digits.slice(at, at + 10)).ok) return false;
  return true;
}
