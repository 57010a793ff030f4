/** A node of the API's resource tree. */
export interface RouteNode<Method> {
  /** The template of the path, as API Gateway names it: `/FHIR/R4/Patient/{id}`. */
  readonly resourcePath: string;
  readonly fixed: Map<string, RouteNode<Method>>;
  /** `{name}`: one segment. */
  parameter: { readonly name: string; readonly node: RouteNode<Method> } | undefined;
  /** `{name+}`: one or more segments. */
  greedy: { readonly name: string; readonly node: RouteNode<Method> } | undefined;
  /** By HTTP method; `ANY` for all others. */
  readonly methods: Map<string, Method>;
}

/** What a request's path leads to. */
export type RouteMatch<Method> =
  | {
      readonly kind: 'found';
      readonly method: Method;
      readonly resourcePath: string;
      /** As sent, still percent-encoded: that is how a REST API gives them to a function. */
      readonly pathParameters: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'missing' }
  /** Not a path that any client means: malformed percent-encoding, a control character or a step upwards. */
  | { readonly kind: 'malformed' };

/** The root of an API without resources. */
export function createRouteNode<Method>(resourcePath: string): RouteNode<Method> {
  return { resourcePath, fixed: new Map(), parameter: undefined, greedy: undefined, methods: new Map() };
}

/** The child of a node for one path part of the template, made when it is not there yet. */
export function addPathPart<Method>(parent: RouteNode<Method>, pathPart: string): RouteNode<Method> {
  const node = createRouteNode<Method>(
    `${parent.resourcePath === '/' ? '' : parent.resourcePath}/${pathPart}`,
  );
  const variable = /^\{([^}+]+)(\+?)\}$/.exec(pathPart);
  if (variable === null) {
    const existing = parent.fixed.get(pathPart);
    if (existing !== undefined) return existing;
    parent.fixed.set(pathPart, node);
  } else if (variable[2] === '+') {
    parent.greedy ??= { name: variable[1] ?? '', node };
    return parent.greedy.node;
  } else {
    parent.parameter ??= { name: variable[1] ?? '', node };
    return parent.parameter.node;
  }
  return node;
}

interface Segment {
  readonly raw: string;
  readonly decoded: string;
}

/** The segments of a path, or undefined when one is malformed. A trailing slash is tolerated. */
function readSegments(path: string): Segment[] | undefined {
  if (!path.startsWith('/')) return undefined;
  const parts = path.slice(1).split('/');
  if (parts.at(-1) === '') parts.pop();
  const segments: Segment[] = [];
  for (const raw of parts) {
    let decoded: string;
    try {
      decoded = decodeURIComponent(raw);
    } catch {
      return undefined;
    }
    const steps = decoded.split(/[/\\]/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
    if (/[\u0000-\u001f\u007f]/.test(decoded) || steps.includes('..') || decoded === '.') return undefined;
    segments.push({ raw, decoded });
  }
  return segments;
}

interface Found<Method> {
  readonly node: RouteNode<Method>;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** Static before `{param}` before `{proxy+}`, each level going back when the deeper levels do not match. */
function find<Method>(
  node: RouteNode<Method>,
  segments: readonly Segment[],
  pathParameters: Readonly<Record<string, string>>,
): Found<Method> | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined) return node.methods.size > 0 ? { node, pathParameters } : undefined;
  const fixed = node.fixed.get(segment.decoded);
  const inFixed = fixed === undefined ? undefined : find(fixed, rest, pathParameters);
  if (inFixed !== undefined) return inFixed;
  if (node.parameter !== undefined && segment.raw !== '') {
    const { name, node: child } = node.parameter;
    const inParameter = find(child, rest, { ...pathParameters, [name]: segment.raw });
    if (inParameter !== undefined) return inParameter;
  }
  if (node.greedy !== undefined) {
    const value = segments.map(({ raw }) => raw).join('/');
    return { node: node.greedy.node, pathParameters: { ...pathParameters, [node.greedy.name]: value } };
  }
  return undefined;
}

/** More than any template has; a path with more segments is answered as missing without a search. */
const maximumSegments = 64;

/** Finds the method for a request by API Gateway's precedence. `path` is the raw path, without a query string. */
export function findRoute<Method>(
  root: RouteNode<Method>,
  httpMethod: string,
  path: string,
): RouteMatch<Method> {
  const segments = readSegments(path);
  if (segments === undefined) return { kind: 'malformed' };
  if (segments.length > maximumSegments) return { kind: 'missing' };
  const found = find(root, segments, {});
  const method = found?.node.methods.get(httpMethod) ?? found?.node.methods.get('ANY');
  if (found === undefined || method === undefined) return { kind: 'missing' };
  return {
    kind: 'found',
    method,
    resourcePath: found.node.resourcePath,
    pathParameters: found.pathParameters,
  };
}
