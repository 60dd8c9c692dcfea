/** Which function answers which route, and whether API Gateway can serve the list of routes at all. */
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Privilege, Route } from '../../api/routes.ts';

/** One function per privilege; `catalog` also answers requests that match no route. */
export type PrivilegeFunctions = Readonly<Partial<Record<Privilege, LambdaFunction>>>;

export interface RouteIntegration {
  readonly route: Route;
  readonly integration: HttpLambdaIntegration;
}

export interface RouteIntegrations {
  readonly routes: readonly RouteIntegration[];
  /** Answers requests that match no route. */
  readonly unrouted: HttpLambdaIntegration;
}

/** HTTP APIs accept a literal or one whole variable as a segment; an emulator may accept more. */
const SEGMENT = /^([A-Za-z0-9._~-]+|\{[A-Za-z0-9._-]+\})$/;

/**
 * @throws Error that lists every route without a function, every path that API Gateway does not
 * accept, and every route that is listed twice
 */
export function routeIntegrations(
  routes: readonly Route[],
  functions: PrivilegeFunctions,
): RouteIntegrations {
  const faults = faultsOf(routes);
  const made = new Map<Privilege, HttpLambdaIntegration>();
  const served = routes.flatMap((route) => {
    const fn = functions[route.privilege];
    if (fn === undefined) {
      faults.push(`${nameOf(route)}: no function is given for the privilege ${route.privilege}`);
      return [];
    }
    // One permission per function: one per route could make the function's policy longer than
    // Lambda allows.
    const integration =
      made.get(route.privilege) ??
      new HttpLambdaIntegration(route.privilege, fn, { scopePermissionToRoute: false });
    made.set(route.privilege, integration);
    return [{ route, integration }];
  });
  if (functions.catalog === undefined)
    faults.push('$default: no function is given for the privilege catalog');
  if (faults.length > 0 || functions.catalog === undefined) {
    throw new Error(`the API can not serve these routes:\n${faults.join('\n')}`);
  }
  // It needs its own permission: the ARN of this route has one segment fewer than the others.
  return { routes: served, unrouted: new HttpLambdaIntegration('unrouted', functions.catalog) };
}

function faultsOf(routes: readonly Route[]): string[] {
  const keys = routes.flatMap(({ methods, path }) =>
    methods.map((method) => `${method} ${path.replace(/\{[^}]*\}/g, '{}')}`),
  );
  const twice = keys
    .filter((key, at) => keys.indexOf(key) !== at)
    .map((key) => `${key}: is listed twice`);
  const untakeable = routes
    .filter(
      ({ path }) =>
        path !== '/' &&
        !path
          .slice(1)
          .split('/')
          .every((segment) => SEGMENT.test(segment)),
    )
    .map((route) => `${nameOf(route)}: each segment must be literal or one whole variable`);
  return [...twice, ...untakeable];
}

function nameOf({ methods, path }: Route): string {
  return `${methods.join(', ')} ${path}`;
}
