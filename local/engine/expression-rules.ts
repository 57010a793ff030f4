import type { RequestData } from './dynalite.ts';
import { validationError } from './errors.ts';

/** A document path as dynalite parses it: names and list positions. */
type Path = (string | number)[];

interface UpdateSection {
  type: 'set' | 'remove' | 'add' | 'delete';
  path: Path;
  val?: unknown;
}

interface Operation {
  type: string;
  name?: string;
  args: unknown[];
}

/**
 * Corrects or refuses, in checked parameters, the expressions that dynalite runs otherwise than DynamoDB: wrong data
 * here would hide until the code runs on AWS. Throws a ValidationException.
 */
export function settleExpressions(data: RequestData): void {
  for (const name of ['_condition', '_filter']) {
    const parsed = data[name] as { expression: unknown } | undefined;
    if (parsed) refuseDocumentComparison(parsed.expression);
  }
  const updates = data._updates as { sections: UpdateSection[] } | undefined;
  if (!updates) return;
  refuseSharedCopies(updates.sections);
  updates.sections = orderSections(updates.sections);
}

/** dynalite removes list elements one after another, so each removal would move the next: last positions go first. */
function orderSections(sections: UpdateSection[]): UpdateSection[] {
  const removals = sections.filter(({ type }) => type === 'remove');
  const others = sections.filter(({ type }) => type !== 'remove');
  return [...others, ...removals.sort((a, b) => comparePaths(b.path, a.path))];
}

function comparePaths(left: Path, right: Path): number {
  for (const [index, a] of left.entries()) {
    const b = right[index];
    if (b === undefined) return 1;
    if (a === b) continue;
    return typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1;
  }
  return left.length - right.length;
}

/** dynalite copies an attribute by reference, so changing the original in the same update would change the copy. */
function refuseSharedCopies(sections: UpdateSection[]): void {
  for (const { type, val } of sections) {
    const source = type === 'set' ? findCopiedPath(val) : undefined;
    if (!source) continue;
    const changed = sections.find(
      (other) =>
        source.every((part, index) => other.path[index] === part) &&
        (other.type === 'add' || other.type === 'delete' || other.path.length > source.length),
    );
    if (changed) {
      const name = source.join('.');
      throw validationError(
        `The local engine cannot copy ${name} and change it in one UpdateExpression. Use two updates.`,
      );
    }
  }
}

function findCopiedPath(value: unknown): Path | undefined {
  if (Array.isArray(value)) return value as Path;
  if (!isOperation(value) || value.name !== 'if_not_exists') return undefined;
  const [first] = value.args;
  return Array.isArray(first) ? (first as Path) : undefined;
}

/** dynalite finds no two maps or lists equal. */
function refuseDocumentComparison(expression: unknown): void {
  if (!isOperation(expression)) return;
  const compares = ['=', '<>', 'in'].includes(expression.type) || expression.name === 'contains';
  if (compares && expression.args.some(isDocument)) {
    throw validationError(
      'The local engine cannot compare maps or lists in a condition. Compare their attributes.',
    );
  }
  for (const argument of expression.args) refuseDocumentComparison(argument);
}

function isDocument(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && ('M' in value || 'L' in value)
  );
}

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'args' in value && Array.isArray(value.args);
}
