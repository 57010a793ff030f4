/** Why an organisation is involved in a person's care, and until when that is proof. */
export interface Relationship {
  readonly organisation: string;
  /** `feed`: the organisation sent its own record of the person; `gp-registration`: a record names it as the practice. */
  readonly reason: 'feed' | 'gp-registration';
  readonly since: string;
  /** ISO 8601 UTC instant. */
  readonly until: string;
}
