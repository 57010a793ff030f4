/** The NHS numbers that a source record, or a person, holds. */
export interface HeldNumbers {
  /** The verified one in use. */
  readonly nhsNumber?: string;
  /** Those that it replaced. */
  readonly supersededNhsNumbers?: readonly string[];
}

/**
 * A source record's numbers after its next message. A number once verified stays when a later message leaves it out; one
 * that another replaces, or that the message calls old, is remembered.
 */
export function addNumbers(held: HeldNumbers | undefined, said: HeldNumbers): HeldNumbers {
  const isWithdrawn = held?.nhsNumber && said.supersededNhsNumbers?.includes(held.nhsNumber);
  const current = said.nhsNumber ?? (isWithdrawn ? undefined : held?.nhsNumber);
  return toNumbers(current, [
    ...(held?.supersededNhsNumbers ?? []),
    ...(said.supersededNhsNumbers ?? []),
    held?.nhsNumber,
  ]);
}

/**
 * A person's numbers, from those of their source records, the one that holds the newest message first. What any of them
 * has superseded, or a steward has retired, is not in use, whoever still sends it.
 */
export function personNumbers(sources: readonly HeldNumbers[], retired: readonly string[] = []): HeldNumbers {
  const superseded = new Set([...retired, ...sources.flatMap((source) => source.supersededNhsNumbers ?? [])]);
  const named = sources.flatMap(({ nhsNumber }) => nhsNumber ?? []);
  const current = named.find((number) => !superseded.has(number));
  return toNumbers(current, [...superseded, ...named]);
}

/** Every NHS number of the given holders, in use or not. */
export function numbersOf(...holders: readonly HeldNumbers[]): Set<string> {
  return new Set(
    holders.flatMap(({ nhsNumber, supersededNhsNumbers = [] }) => [
      ...(nhsNumber ? [nhsNumber] : []),
      ...supersededNhsNumbers,
    ]),
  );
}

function toNumbers(current: string | undefined, others: readonly (string | undefined)[]): HeldNumbers {
  const superseded = new Set(others.filter((number) => number !== undefined && number !== current));
  return {
    ...(current && { nhsNumber: current }),
    ...(superseded.size > 0 && { supersededNhsNumbers: [...superseded].toSorted() as string[] }),
  };
}
