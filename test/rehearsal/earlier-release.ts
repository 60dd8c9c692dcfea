/** Templates of releases before and after the one under test: with other routes, and with other throttles. */
import type { Resource } from './cdk.ts';

type Resources = Record<string, Resource>;

/** A route that the release under test no longer has, and one that has another path there. */
export const REMOVED_ROUTE = 'GET /v1/removed';
export const RENAMED_ROUTE = 'GET /v1/lanes';
/** Routes of the same kind: what they have in the stage, the other two have as well. */
const LIKE_REMOVED = 'GET /readyz';
const RENAMED_TO = 'GET /v1/channels';

/** As a release before this one would have it. */
export function withEarlierRoutes(resources: Resources): void {
  const [likeId, like] = routeOf(resources, LIKE_REMOVED);
  const [renamedId, renamed] = routeOf(resources, RENAMED_TO);
  const removedId = `${likeId}Removed`;
  resources[removedId] = withProperties(like, { RouteKey: REMOVED_ROUTE });
  resources[renamedId] = withProperties(renamed, { RouteKey: RENAMED_ROUTE });
  const [stageId, stage] = stageOf(resources);
  const settings = { ...(stage.Properties?.['RouteSettings'] as Record<string, unknown>) };
  if (LIKE_REMOVED in settings) settings[REMOVED_ROUTE] = settings[LIKE_REMOVED];
  if (RENAMED_TO in settings) settings[RENAMED_ROUTE] = settings[RENAMED_TO];
  delete settings[RENAMED_TO];
  resources[stageId] = {
    ...withProperties(stage, { RouteSettings: settings }),
    DependsOn: [...[stage.DependsOn ?? []].flat(), removedId],
  };
}

/** So that the stage of the API is updated, too. */
export function withBurst(burst: number): (resources: Resources) => void {
  return (resources) => {
    const [id, stage] = stageOf(resources);
    const settings = stage.Properties?.['DefaultRouteSettings'] as Record<string, unknown>;
    resources[id] = withProperties(stage, {
      DefaultRouteSettings: { ...settings, ThrottlingBurstLimit: burst },
    });
  };
}

function withProperties(resource: Resource, properties: object): Resource {
  return { ...resource, Properties: { ...resource.Properties, ...properties } };
}

function routeOf(resources: Resources, key: string): readonly [string, Resource] {
  return find(resources, (one) => one.Properties?.['RouteKey'] === key, key);
}

function stageOf(resources: Resources): readonly [string, Resource] {
  return find(resources, ({ Type }) => Type === 'AWS::ApiGatewayV2::Stage', 'stage');
}

function find(
  resources: Resources,
  isWanted: (resource: Resource) => boolean,
  what: string,
): readonly [string, Resource] {
  const found = Object.entries(resources).find(([, resource]) => isWanted(resource));
  if (found === undefined) throw new Error(`the template has no ${what}`);
  return found;
}
