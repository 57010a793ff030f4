import type { Json } from './json.ts';
import { isJsonObject } from './json.ts';
import { refuse } from './refusal.ts';

/** What a template's functions may ask for while they are resolved; each answers or refuses with the place. */
export interface TemplateScope {
  /** A parameter, pseudo parameter or resource. */
  ref(name: string, place: string): Json;
  getAttribute(logicalId: string, attribute: string, place: string): Json;
  importValue(exportName: string, place: string): Json;
}

/** Stands for `AWS::NoValue`: the property is left out. */
const noValue = Symbol('AWS::NoValue');
type Resolved = Json | typeof noValue;

const knownFunctions = new Set([
  'Ref',
  'Fn::GetAtt',
  'Fn::Join',
  'Fn::Sub',
  'Fn::ImportValue',
  'Fn::Select',
  'Fn::Split',
]);

function soleKey(value: object): string | undefined {
  const keys = Object.keys(value);
  return keys.length === 1 ? keys[0] : undefined;
}

/** Refuses an intrinsic function that {@link resolveTemplateValue} does not know, wherever it stands in the value. */
export function refuseUnknownFunctions(value: Json, place: string): void {
  if (Array.isArray(value)) {
    value.forEach((entry, index) => {
      refuseUnknownFunctions(entry, `${place}[${index}]`);
    });
  } else if (isJsonObject(value)) {
    const key = soleKey(value);
    if (key !== undefined && (key.startsWith('Fn::') || key === 'Condition') && !knownFunctions.has(key)) {
      // IAM policy statements have a `Condition` of their own, always an object; the intrinsic's is a name.
      if (key !== 'Condition' || typeof value[key] === 'string') refuse(place, `unknown intrinsic ${key}`);
    }
    for (const [name, entry] of Object.entries(value)) refuseUnknownFunctions(entry, `${place}.${name}`);
  }
}

function resolveText(value: Json, scope: TemplateScope, place: string): string {
  const resolved = resolve(value, scope, place);
  if (typeof resolved === 'string') return resolved;
  if (typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
  return refuse(place, 'a text was expected here');
}

function resolveList(value: Json, scope: TemplateScope, place: string): readonly Json[] {
  const resolved = resolve(value, scope, place);
  return Array.isArray(resolved) ? resolved : refuse(place, 'a list was expected here');
}

function substitute(argument: Json, scope: TemplateScope, place: string): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof template !== 'string' || !isJsonObject(variables)) return refuse(place, 'malformed Fn::Sub');
  return template.replaceAll(/\$\{(!?)([^}]*)\}/g, (_whole, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    const variable = variables[name];
    if (variable !== undefined) return resolveText(variable, scope, place);
    const dot = name.indexOf('.');
    const found =
      dot === -1
        ? scope.ref(name, place)
        : scope.getAttribute(name.slice(0, dot), name.slice(dot + 1), place);
    return resolveText(found, scope, place);
  });
}

function callFunction(name: string, argument: Json, scope: TemplateScope, place: string): Resolved {
  switch (name) {
    case 'Ref':
      if (argument === 'AWS::NoValue') return noValue;
      return typeof argument === 'string' ? scope.ref(argument, place) : refuse(place, 'malformed Ref');
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = Array.isArray(argument) ? argument : String(argument).split(/\.(.*)/s);
      if (typeof logicalId !== 'string' || typeof attribute !== 'string')
        return refuse(place, 'malformed Fn::GetAtt');
      return scope.getAttribute(logicalId, attribute, place);
    }
    case 'Fn::Join': {
      const [separator, parts] = Array.isArray(argument) ? argument : [];
      if (typeof separator !== 'string' || parts === undefined) return refuse(place, 'malformed Fn::Join');
      return resolveList(parts, scope, place)
        .map((part) => resolveText(part, scope, place))
        .join(separator);
    }
    case 'Fn::Sub':
      return substitute(argument, scope, place);
    case 'Fn::ImportValue':
      return scope.importValue(resolveText(argument, scope, place), place);
    case 'Fn::Select': {
      const [index, list] = Array.isArray(argument) ? argument : [];
      if (list === undefined) return refuse(place, 'malformed Fn::Select');
      const chosen = resolveList(list, scope, place)[Number(index)];
      return chosen === undefined ? refuse(place, 'Fn::Select is out of range') : chosen;
    }
    case 'Fn::Split': {
      const [separator, text] = Array.isArray(argument) ? argument : [];
      if (typeof separator !== 'string' || text === undefined) return refuse(place, 'malformed Fn::Split');
      return resolveText(text, scope, place).split(separator);
    }
    default:
      return refuse(place, `unknown intrinsic ${name}`);
  }
}

function resolve(value: Json, scope: TemplateScope, place: string): Resolved {
  if (Array.isArray(value)) {
    return value.flatMap((entry, index): Json[] => {
      const resolved = resolve(entry, scope, `${place}[${index}]`);
      return resolved === noValue ? [] : [resolved];
    });
  }
  if (!isJsonObject(value)) return value;
  const key = soleKey(value);
  if (key !== undefined && (key === 'Ref' || key.startsWith('Fn::'))) {
    return callFunction(key, value[key] ?? null, scope, place);
  }
  const entries: [string, Json][] = [];
  for (const [name, entry] of Object.entries(value)) {
    const resolved = resolve(entry, scope, `${place}.${name}`);
    if (resolved !== noValue) entries.push([name, resolved]);
  }
  return Object.fromEntries(entries);
}

/** The value with every intrinsic function replaced by what it stands for; `AWS::NoValue` leaves the property out. */
export function resolveTemplateValue(value: Json, scope: TemplateScope, place: string): Json {
  const resolved = resolve(value, scope, place);
  return resolved === noValue ? null : resolved;
}
