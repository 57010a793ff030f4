/** A made-up PDF of the given size; `mark` makes two of one size differ. */
export function makePdf(size: number, mark = ''): Buffer {
  return Buffer.from(`%PDF-1.7\n${mark}\n`.padEnd(size, '%'), 'latin1');
}

/** A letter about the patient with the given local id. */
export function makeLetter(
  id: string,
  patientId: string,
  attachment: { readonly [element: string]: unknown },
  more: { readonly [element: string]: unknown } = {},
) {
  return {
    resourceType: 'DocumentReference',
    id,
    status: 'current',
    type: { coding: [{ system: 'http://snomed.info/sct', code: '823681000000100' }] },
    subject: { reference: `Patient/${patientId}` },
    date: '2025-02-01T10:00:00Z',
    content: [{ attachment }],
    ...more,
  };
}
