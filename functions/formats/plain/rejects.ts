interface RejectLike {
  readonly id: string;
  readonly organisation: string;
  readonly sender: string;
  readonly format: string;
  readonly messageId: string;
  readonly code: string;
  readonly issues: readonly string[];
  readonly at: string;
  readonly size: number;
  readonly isKept: boolean;
}

/** A refused message as plain JSON, without the message itself. */
export function writeReject(reject: RejectLike) {
  const { at, code, format, id, isKept, issues, messageId, organisation, sender, size } = reject;
  return { id, organisation, sender, format, messageId, code, issues, at, size, isKept };
}
