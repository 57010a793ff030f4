/** An item as the document client gives it. */
export type Item = Readonly<Record<string, unknown>>;

/** The parts of a command that give an expression its meaning. */
export interface ExpressionParts {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>> | undefined;
}

/** An expression that only the real table understands: a defect, as these are written in functions/store alone. */
function unknownExpression(text: string): Error {
  return new Error(`the table in memory does not know the expression ${text}`);
}

function pathOf(text: string, { ExpressionAttributeNames = {} }: ExpressionParts): readonly string[] {
  return text
    .trim()
    .split('.')
    .map((step) => (step.startsWith('#') ? (ExpressionAttributeNames[step] ?? '') : step));
}

function readValue(text: string, { ExpressionAttributeValues = {} }: ExpressionParts): unknown {
  const name = text.trim();
  if (!Object.hasOwn(ExpressionAttributeValues, name)) throw unknownExpression(text);
  return ExpressionAttributeValues[name];
}

function isRecord(value: unknown): value is Item {
  return typeof value === 'object' && value !== null;
}

function readPath(item: Item | undefined, path: readonly string[]): unknown {
  let value: unknown = item;
  for (const step of path) value = isRecord(value) ? value[step] : undefined;
  return value;
}

/** Whether a condition holds: comparisons and tests of existence joined by AND and OR, without parentheses. */
export function holdsCondition(
  expression: string | undefined,
  item: Item | undefined,
  parts: ExpressionParts,
): boolean {
  if (expression === undefined) return true;
  return expression
    .split(' OR ')
    .some((either) => either.split(' AND ').every((term) => holdsTerm(term.trim(), item, parts)));
}

function holdsTerm(term: string, item: Item | undefined, parts: ExpressionParts): boolean {
  const existence = /^attribute_(not_)?exists\(([^()]+)\)$/.exec(term);
  if (existence) {
    const exists = readPath(item, pathOf(existence[2] ?? '', parts)) !== undefined;
    return existence[1] ? !exists : exists;
  }
  const comparison = /^([^\s()]+) (=|<=) (:\w+)$/.exec(term);
  if (!comparison) throw unknownExpression(term);
  const held = readPath(item, pathOf(comparison[1] ?? '', parts));
  const given = readValue(comparison[3] ?? '', parts);
  if (held === undefined) return false;
  return comparison[2] === '=' ? held === given : (held as number | string) <= (given as number | string);
}

/** The item after `SET path = :value, …`. */
export function applyUpdate(expression: string, item: Item, parts: ExpressionParts): Item {
  const assignments = /^SET (.+)$/.exec(expression)?.[1];
  if (assignments === undefined) throw unknownExpression(expression);
  return assignments.split(',').reduce((before, assignment) => {
    const [path = '', value = '', ...rest] = assignment.split('=');
    if (rest.length > 0) throw unknownExpression(assignment);
    return setPath(before, pathOf(path, parts), readValue(value, parts));
  }, item);
}

function setPath(item: Item, [step = '', ...rest]: readonly string[], value: unknown): Item {
  if (rest.length === 0) return { ...item, [step]: value };
  const inner = item[step];
  if (!isRecord(inner)) throw new Error('an update names an element of a map that is not there');
  return { ...item, [step]: setPath(inner, rest, value) };
}

/** What a Query asks for: one partition, and of it the sort keys that begin so or lie between. */
export function readKeyCondition(
  expression: string,
  parts: ExpressionParts,
): { readonly partition: string; readonly from: string; readonly isWithin: (sortKey: string) => boolean } {
  const [first = '', ...rest] = expression.split(' AND ');
  const partition = readValue(/^PK = (:\w+)$/.exec(first)?.[1] ?? first, parts) as string;
  const second = rest.join(' AND ');
  if (second === '') return { partition, from: '', isWithin: () => true };
  const begins = /^begins_with\(SK, (:\w+)\)$/.exec(second)?.[1];
  if (begins !== undefined) {
    const prefix = readValue(begins, parts) as string;
    return { partition, from: prefix, isWithin: (sortKey) => sortKey.startsWith(prefix) };
  }
  const between = /^SK BETWEEN (:\w+) AND (:\w+)$/.exec(second);
  if (!between) throw unknownExpression(expression);
  const from = readValue(between[1] ?? '', parts) as string;
  const to = readValue(between[2] ?? '', parts) as string;
  return { partition, from, isWithin: (sortKey) => sortKey >= from && sortKey <= to };
}
