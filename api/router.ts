/**
 * Finds the operation of a request in the route list, as API Gateway does. It knows neither HTTP
 * messages nor handlers.
 */
import { type HttpMethod, type OperationId, ROUTES, type Route } from './routes.ts';

/** What a request asks for. `routeKey` is API Gateway's name of a route: its method and path. */
export type RouteMatch =
  | {
      readonly kind: 'operation';
      readonly operation: OperationId;
      readonly routeKey: string;
      readonly pathParameters: Readonly<Record<string, string>> | undefined;
    }
  | { readonly kind: 'unknown-path' }
  /** The methods of the most specific route of the path, which are those that OpenAPI lists for it. */
  | { readonly kind: 'wrong-method'; readonly allowed: readonly HttpMethod[] }
  /** The path of an operation, with a percent sequence that is not UTF-8. */
  | { readonly kind: 'malformed-path'; readonly operation: OperationId };

interface Target {
  readonly operation: OperationId;
  readonly routeKey: string;
  /** Names of the variables, from left to right. */
  readonly variables: readonly string[];
}

/** One segment deep in the tree of all routes. */
interface Node {
  readonly literals: Map<string, Node>;
  variable?: Node;
  readonly targets: Map<string, Target>;
}

/** The nodes that a path reaches, the most specific first, with the raw values of its variables. */
type Reached = { readonly node: Node; readonly values: readonly string[] }[];

const UNKNOWN_PATH = { kind: 'unknown-path' } as const;

/** Turns the routes into a tree once, so that a match takes time linear in the path. */
export class Router {
  readonly #root: Node = newNode();

  constructor(routes: Readonly<Record<OperationId, Route>> = ROUTES) {
    for (const [operation, route] of Object.entries(routes))
      this.#add(operation as OperationId, route);
  }

  /**
   * A literal is preferred to a variable. Segments are decoded after the path was split, so that a
   * value keeps its encoded slash.
   * @param path the raw path of the request, without the query
   */
  match(method: string, path: string): RouteMatch {
    const reached: Reached = [];
    const segments = path.split('/');
    if (segments[0] !== '') return UNKNOWN_PATH;
    reach(this.#root, segments, 1, [], reached);
    for (const { node, values } of reached) {
      const target = node.targets.get(method);
      if (target !== undefined) return matchPath(target, values);
    }
    const [closest] = reached;
    if (closest === undefined) return UNKNOWN_PATH;
    const allowed = [...closest.node.targets.keys()] as readonly HttpMethod[];
    return { kind: 'wrong-method', allowed };
  }

  #add(operation: OperationId, route: Route): void {
    const variables: string[] = [];
    let node = this.#root;
    for (const segment of route.path.split('/').slice(1)) {
      if (segment.startsWith('{')) {
        variables.push(segment.slice(1, -1));
        node.variable ??= newNode();
        node = node.variable;
      } else {
        const next = node.literals.get(segment) ?? newNode();
        node.literals.set(segment, next);
        node = next;
      }
    }
    for (const method of route.methods) {
      node.targets.set(method, { operation, routeKey: `${method} ${route.path}`, variables });
    }
  }
}

function newNode(): Node {
  return { literals: new Map(), targets: new Map() };
}

function reach(
  node: Node,
  segments: readonly string[],
  at: number,
  values: readonly string[],
  reached: Reached,
): void {
  const segment = segments[at];
  if (segment === undefined) {
    if (node.targets.size > 0) reached.push({ node, values });
    return;
  }
  const literal = node.literals.get(
    segment.includes('%') ? (decodeSegment(segment) ?? segment) : segment,
  );
  if (literal !== undefined) reach(literal, segments, at + 1, values, reached);
  // A variable matches at least one character.
  if (node.variable !== undefined && segment !== '')
    reach(node.variable, segments, at + 1, [...values, segment], reached);
}

function matchPath(
  { operation, routeKey, variables }: Target,
  values: readonly string[],
): RouteMatch {
  if (variables.length === 0)
    return { kind: 'operation', operation, routeKey, pathParameters: undefined };
  const pathParameters: Record<string, string> = {};
  for (const [index, name] of variables.entries()) {
    const value = decodeSegment(values[index] ?? '');
    if (value === undefined) return { kind: 'malformed-path', operation };
    pathParameters[name] = value;
  }
  return { kind: 'operation', operation, routeKey, pathParameters };
}

function decodeSegment(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
