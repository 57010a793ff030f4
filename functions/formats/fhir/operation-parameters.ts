import type { ReadResult } from './read-result.ts';

/** The value elements that the Parameters of identity work use. */
export interface ParameterValue {
  readonly name: string;
  readonly valueReference?: { readonly reference: string } | undefined;
  readonly valueBoolean?: boolean | undefined;
  readonly valueString?: string | undefined;
}

type Element = 'valueReference' | 'valueBoolean' | 'valueString';

/** A parameter's element, and whether it must be there. */
interface Expected {
  readonly element: Element;
  readonly required?: boolean;
}

/** The values by name, each at most once and in the element that its name asks for; a reference gives its text. */
export function readParameterValues(
  parameters: readonly ParameterValue[],
  expected: Readonly<Record<string, Expected>>,
): ReadResult<{ readonly values: ReadonlyMap<string, string | boolean> }> {
  const values = new Map<string, string | boolean>();
  const issues: string[] = [];
  for (const [index, parameter] of parameters.entries()) {
    const path = `Parameters.parameter[${index}]`;
    const element = expected[parameter.name]?.element;
    if (element === undefined) issues.push(`${path}.name: not a parameter of this operation`);
    else if (values.has(parameter.name)) issues.push(`${path}.name: is given twice`);
    else {
      const value = elementOf(parameter, element);
      if (value === undefined) issues.push(`${path}.${element}: is missing`);
      else values.set(parameter.name, value);
    }
  }
  for (const [name, { required }] of Object.entries(expected))
    if (required && !values.has(name)) issues.push(`Parameters.parameter: has no ${name}`);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, values };
}

function elementOf(parameter: ParameterValue, element: Element): string | boolean | undefined {
  return element === 'valueReference' ? parameter.valueReference?.reference : parameter[element];
}
