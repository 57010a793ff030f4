/** What was read, or paths and static words that say why not: never a value of the sender. */
export type ReadResult<Value> =
  | ({ readonly ok: true } & Value)
  | { readonly ok: false; readonly issues: readonly string[] };
