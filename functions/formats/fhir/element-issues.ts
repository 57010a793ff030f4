import { type ElementShape, elementShapes, isElementName } from './elements.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

const shapeNames: Readonly<Record<ElementShape, string>> = {
  text: 'must be text',
  texts: 'must be a list of texts',
  boolean: 'must be true or false',
  number: 'must be a number',
  object: 'must be an object',
  objects: 'must be a list of objects',
};

function hasShape(value: JsonValue | undefined, shape: ElementShape): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'texts':
      // A null holds the place of an entry that has only extensions, in the `_name` sibling.
      return Array.isArray(value) && value.every((item) => item === null || typeof item === 'string');
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number';
    case 'object':
      return isJsonObject(value);
    case 'objects':
      return Array.isArray(value) && value.every(isJsonObject);
  }
}

/** The sibling `_name` of a primitive holds its id and extensions (FHIR R4, "JSON representation of primitive elements"). */
function hasSiblingShape(value: JsonValue | undefined, shape: ElementShape | undefined): boolean {
  if (shape === 'texts')
    return Array.isArray(value) && value.every((item) => item === null || isJsonObject(item));
  return (shape === 'text' || shape === 'boolean' || shape === 'number') && isJsonObject(value);
}

/**
 * What is wrong with the top-level elements of a resource of a known type: unknown names and wrong JSON shapes.
 *
 * An issue is a path and static words. A name that FHIR does not define is not repeated: it is the sender's text.
 */
export function elementIssues(resource: JsonObject, resourceType: string): readonly string[] {
  const shapes = elementShapes(resourceType);
  if (shapes === undefined) return ['resourceType: not a type that is accepted here'];
  const issues: string[] = [];
  for (const [name, value] of Object.entries(resource)) {
    const primitive = name.startsWith('_') ? name.slice(1) : undefined;
    const shape = shapes.get(primitive ?? name);
    if (shape === undefined) {
      const known = primitive ?? name;
      const path = isElementName(known) ? `${resourceType}.${known}` : resourceType;
      issues.push(
        isElementName(known)
          ? `${path}: FHIR R4 has no such element on this type`
          : `${path}: has an element that FHIR R4 does not define`,
      );
    } else if (primitive === undefined ? !hasShape(value, shape) : !hasSiblingShape(value, shape)) {
      issues.push(
        primitive === undefined
          ? `${resourceType}.${name}: ${shapeNames[shape]}`
          : `${resourceType}.${name}: must hold the id and extensions of a primitive element`,
      );
    }
  }
  return issues;
}
